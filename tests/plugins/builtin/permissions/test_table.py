"""Calls, rules and modes, and what must come of them: the policies of the family together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gaff.hooks import Action

if TYPE_CHECKING:
    from .conftest import House

#: what is done | rules | mode | expected. Rules: ``deny X; ask Y; allow Z``. Actions: ``run COMMAND``,
#: ``reads COMMAND`` (proved to read only), ``opaque COMMAND`` (not understood), ``read|write|delete PATH``,
#: ``fetch URL``, ``use TOOL [param=value ...]``; ``by TOOL`` in front says whose call it is.
TABLE = """
# Nothing is said: reads inside are allowed, everything else is asked for.
read src/a.py                        |                                   | default     | allow
read .                               |                                   | default     | allow
read ~/notes.txt                     |                                   | default     | ask
read /etc/passwd                     |                                   | default     | ask
read ../proj-evil/x                  |                                   | default     | ask
write src/a.py                       |                                   | default     | ask
delete src/a.py                      |                                   | default     | ask
run npm test                         |                                   | default     | ask
reads ls -la                         |                                   | default     | allow
opaque ls $(x)                       |                                   | default     | ask
fetch https://example.com/a          |                                   | default     | ask
use TodoWrite                        |                                   | default     | allow
use mcp__github__get_issue           |                                   | default     | ask
by WebSearch use WebSearch           |                                   | default     | ask

# Bash rules.
run npm run build                    | allow Bash(npm run build)         | default     | allow
run npm run build:all                | allow Bash(npm run build)         | default     | ask
run npm run build x                  | allow Bash(npm run build)         | default     | ask
run npm run  build                   | allow Bash(npm run build)         | default     | allow
run npm test                         | allow Bash(npm *)                 | default     | allow
run npm                              | allow Bash(npm *)                 | default     | allow
run npmx test                        | allow Bash(npm *)                 | default     | ask
run npm test                         | allow Bash(npm:*)                 | default     | allow
run npm                              | allow Bash(npm:*)                 | default     | allow
run npmx                             | allow Bash(npm:*)                 | default     | ask
run lsof                             | allow Bash(ls*)                   | default     | allow
run ls -la                           | allow Bash(ls*)                   | default     | allow
run lsof                             | allow Bash(ls *)                  | default     | ask
run git log main                     | allow Bash(git * main)            | default     | allow
run git main                         | allow Bash(git * main)            | default     | ask
run npm --help                       | allow Bash(* --help *)            | default     | ask
run npm --help me                    | allow Bash(* --help *)            | default     | allow
run git:x push                       | allow Bash(git:* push)            | default     | allow
run anything at all                  | allow Bash                        | default     | allow
run anything at all                  | allow Bash(*)                     | default     | allow
opaque rm -rf build                  | allow Bash                        | default     | ask
opaque npm test &&                   | allow Bash(npm test *)            | default     | ask
run npm test                         | allow Bash; deny Bash(npm *)      | default     | deny
run npm test                         | allow Bash(npm test); ask Bash(npm *) | default | ask
run npm test                         | ask Bash(npm *); deny Bash(npm test) | default  | deny
run rm -rf x                         | deny Bash(rm *)                   | default     | deny
run /bin/rm -rf x                    | deny Bash(rm *)                   | default     | deny
run sudo rm -rf x                    | deny Bash(rm *)                   | default     | deny
run xargs -n1 rm                     | deny Bash(rm *)                   | default     | deny
opaque if true; then rm -rf x; fi    | deny Bash(rm *)                   | default     | deny
opaque echo $(rm -rf x)              | deny Bash(rm *)                   | default     | deny
opaque echo `rm -rf x`               | deny Bash(rm *)                   | default     | deny
opaque FOO=1 "rm" x                  | deny Bash(rm *)                   | default     | deny
opaque if true; then ls; fi          | deny Bash(rm *)                   | default     | ask
run farm x                           | deny Bash(rm *); allow Bash(farm *) | default   | allow
reads cat x                          | deny Bash(cat *)                  | default     | deny
reads cat x                          | ask Bash(cat *)                   | default     | ask
reads cat x                          | deny Bash                         | default     | deny
run ls                               | deny B*                           | default     | deny
run ls                               | deny *                            | default     | deny
run curl x                           | allow *                           | default     | ask
run curl x                           | allow B*                          | default     | ask
run watch ls                         | allow Bash(watch *)               | default     | ask
run watch ls                         | allow Bash(watch ls)              | default     | allow
run setsid x                         | allow Bash(setsid *)              | default     | ask
run flock f x                        | allow Bash(flock *)               | default     | ask
run find build -delete               | allow Bash(find *)                | default     | ask
run find build -exec ls {} +         | allow Bash(find *)                | default     | ask
run find build -delete               | allow Bash(find build -delete)    | default     | allow
run find . -name x                   | allow Bash(find *)                | default     | allow

# Other tools that run commands.
by Monitor run npm test              | allow Bash(npm *)                 | default     | allow
by Monitor run npm test              | allow Monitor                     | default     | allow
by Python run npm test               | allow Bash(npm *)                 | default     | ask
by Python run npm test               | allow Bash                        | default     | ask
by Python run npm test               | allow Python                      | default     | allow
by Python run npm test               | deny Bash                         | default     | deny
by Bash read a                       | deny Bash                         | default     | deny
by Python run rm x                   | deny Bash(rm *)                   | default     | deny

# Read and Edit rules.
read .env                            | deny Read(.env)                   | default     | deny
read sub/deep/.env                   | deny Read(.env)                   | default     | deny
read sub/.env.local                  | deny Read(.env)                   | default     | allow
read src/../.env                     | deny Read(./.env)                 | default     | deny
write .env                           | deny Read(.env)                   | acceptEdits | deny
delete .env                          | deny Read(.env)                   | acceptEdits | deny
by NotebookEdit write .env           | deny Read(.env)                   | acceptEdits | allow
by Bash read .env                    | deny Read(.env)                   | default     | deny
by Grep read secrets                 | deny Read(secrets/**)             | default     | deny
by Grep read a/secrets/x             | deny Read(secrets/**)             | default     | deny
read a/secrets/x                     | deny Read(/secrets/**)            | default     | allow
read x/a/b                           | deny Read(a/b)                    | default     | allow
read a/b                             | deny Read(a/b)                    | default     | deny
read secrets/x                       | deny Read(/secrets/**)            | default     | deny
write a/src/x                        | allow Edit(src/**)                | default     | ask
write src/deep/x                     | allow Edit(src/**)                | default     | allow
write src/deep/x                     | allow Edit(/src/**)               | default     | allow
write a/b.ts                         | allow Edit(*.ts)                  | default     | allow
write a/b.tsx                        | allow Edit(*.ts)                  | default     | ask
write a/b/c.ts                       | allow Edit(a/*.ts)                | default     | ask
write a/b/c.ts                       | allow Edit(a/**/*.ts)             | default     | allow
write src/a.py                       | allow Edit                        | default     | allow
by Write write src/a.py              | allow Edit(src/**)                | default     | allow
by MultiEdit write src/a.py          | allow Edit(src/**)                | default     | allow
by Write write src/a.py              | allow Write(src/**)               | default     | ask
by Write write src/a.py              | allow Write                       | default     | allow
by Edit write src/a.py               | allow Write                       | default     | ask
by Write write src/a.py              | deny Write(src/**); allow Edit    | default     | allow
by Write write src/a.py              | deny Edit(src/**); allow Write    | default     | deny
by Write write src/a.py              | deny Edit; allow Write            | default     | deny
by Bash write out.txt                | allow Bash                        | default     | allow
by Bash write ../out.txt             | allow Bash                        | default     | ask
by Bash write .git/out               | allow Bash                        | default     | ask
by Bash write out.txt                | allow Bash; ask Edit(out.txt)     | default     | ask
by Python write out.txt              | allow Bash                        | default     | ask
by Bash read /etc/hosts              | allow Bash                        | default     | ask
by Bash write out.txt                | deny Edit(*.txt); allow Bash      | default     | deny
by Bash write out.txt                | allow Edit(*.txt)                 | default     | allow
read ~/notes/a                       | allow Read(~/notes/**)            | default     | allow
read ~/other/a                       | allow Read(~/notes/**)            | default     | ask
read /etc/hosts                      | allow Read(//etc/hosts)           | default     | allow
read /etc/hosts                      | allow Read(/etc/hosts)            | default     | ask
read /etc/hosts                      | allow Read                        | default     | allow
read /etc/hosts                      | allow Read(*)                     | default     | ask
read src/a.py                        | deny Read                         | default     | deny
read src/a.py                        | ask Read(src/**)                  | default     | ask
write src/a.py                       | ask Edit(src/**); allow Edit      | default     | ask
write src/a.py                       | deny Edit(!src/a.py); allow Edit  | default     | allow
write src/a.py                       | allow Edit(!b)                    | default     | ask
write ../x                           | allow Edit(../**)                 | default     | allow
write ../x                           | deny Edit(../x); allow Edit       | default     | deny
write ../x                           | allow Edit(../x/)                 | default     | ask
write ../x/a                         | allow Edit(../x/)                 | default     | allow

# WebFetch rules.
by WebFetch fetch https://example.com/a | allow WebFetch(domain:example.com)   | default | allow
by WebFetch fetch https://EXAMPLE.com./a | allow WebFetch(domain:example.com)   | default | allow
by WebFetch fetch https://a.example.com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch https://a.b.example.com/ | allow WebFetch(domain:*.example.com) | default | allow
by WebFetch fetch https://example.com/ | allow WebFetch(domain:*.example.com) | default | ask
by WebFetch fetch https://api-1.example.com/ | allow WebFetch(domain:api-*.example.com) | default | allow
by WebFetch fetch https://api-1.x.example.com/ | allow WebFetch(domain:api-*.example.com) | default | ask
by WebFetch fetch https://example.com.evil.test/ | allow WebFetch(domain:example.com) | default | ask
by WebFetch fetch https://notexample.com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch https://example.com@evil.test/ | allow WebFetch(domain:example.com) | default | ask
by WebFetch fetch https://evil.test\\@example.com/ | allow WebFetch(domain:example.com) | default | ask
by WebFetch fetch https://example.com%00.evil.test/ | allow WebFetch(domain:example.com) | default | ask
by WebFetch fetch https://example。com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch https://ехample.com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch ftp://example.com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch https://evil.test/ | deny WebFetch(domain:evil.test); allow WebFetch | default | deny
by WebFetch fetch https://evil。test/ | deny WebFetch(domain:evil.test); allow WebFetch | default | deny
by HttpRequest fetch https://evil.test/ | deny WebFetch(domain:evil.test); allow HttpRequest | default | deny
by HttpRequest fetch https://example.com/ | allow WebFetch(domain:example.com)   | default | ask
by WebFetch fetch https://a@b.test/ | deny WebFetch(domain:c.test); allow WebFetch | default | deny
by WebFetch fetch https://x.test/ | deny WebFetch(domain:*)              | default | deny
by WebFetch fetch https://x.test/ | deny WebFetch                        | bypassPermissions | deny

# Rules for tools by name, and for parameters.
use mcp__github__get_issue           | allow mcp__github                 | default     | allow
use mcp__github__get_issue           | allow mcp__github__*              | default     | allow
use mcp__github__get_issue           | allow mcp__github__get_*          | default     | allow
use mcp__github__set_issue           | allow mcp__github__get_*          | default     | ask
use mcp__githubx__get_issue          | allow mcp__github                 | default     | ask
use mcp__github__get_issue           | allow mcp__*                      | default     | ask
use mcp__github__get_issue           | allow mcp__git*__get              | default     | ask
use mcp__github__get_issue           | deny mcp__*; allow mcp__github    | default     | deny
use mcp__github__get_issue           | deny mcp__github                  | bypassPermissions | deny
use Agent subagent_type=Explore      | deny Agent(Explore)               | default     | deny
use Agent subagent_type=explore      | deny Task(Explore)                | default     | deny
use Agent subagent_type=Plan         | deny Agent(Explore)               | default     | allow
use Agent model=opus                 | deny Agent(model:opus)            | default     | deny
use Agent model=claude-opus-5        | deny Agent(model:*opus*)          | default     | deny
use Agent                            | deny Agent(model:*)               | default     | allow
use Agent                            | deny Agent(general-purpose)       | default     | deny
use TodoWrite                        | deny Agent(general-purpose)       | default     | allow
use TodoWrite model=opus             | deny Agent(model:opus)            | default     | allow
use Skill skill=commit               | allow Skill(commit)               | default     | allow
use Skill skill=commit args=x        | allow Skill(commit)               | default     | ask
use Skill skill=commit args=x        | allow Skill(commit *)             | default     | allow
use Skill skill=commit-all           | allow Skill(commit *)             | default     | ask
use Skill skill=kit:deploy           | deny Skill(deploy); allow Skill   | default     | deny
use Skill skill=kit:deploy           | deny Skill(skill:kit:deploy); allow Skill | default | deny
use Skill skill=kit:deploy           | allow Skill(skill:kit:deploy)     | default     | ask
use TodoWrite                        | deny TodoWrite                    | default     | deny
use TodoWrite                        | ask TodoWrite                     | default     | ask
use Skill skill=deploy               | deny Skill(skill:dep*); allow Skill | default   | deny
use Skill skill=other                | deny Skill(skill:dep*); allow Skill | default   | allow
use EnterWorktree                    | allow EnterWorktree               | default     | allow

# Protected paths.
write .git/hooks/pre-commit          |                                   | acceptEdits | ask
write .GIT/config                    |                                   | acceptEdits | ask
write .Claude/settings.json          |                                   | acceptEdits | ask
write .gaff/settings.json            |                                   | acceptEdits | ask
write .claude/worktrees/x/a.py       |                                   | acceptEdits | allow
write .claude/worktrees/x/.git       |                                   | acceptEdits | ask
write sub/.npmrc                     | allow Edit                        | default     | ask
write .mcp.json                      | allow Edit(.mcp.json)             | default     | ask
delete .vscode/settings.json         |                                   | acceptEdits | ask
write .config/git/config             |                                   | acceptEdits | ask
write .config/other                  |                                   | acceptEdits | allow
write .git/config                    |                                   | bypassPermissions | allow
write .git/config                    | deny Edit(.git/**)                | bypassPermissions | deny
write .git/config                    |                                   | dontAsk     | deny
run rm .git/config                   | allow Bash(rm *)                  | default     | ask
run cat .git/config                  | allow Bash(cat *)                 | default     | allow
run tee .bashrc                      | allow Bash                        | default     | ask
read .git/config                     |                                   | default     | allow
reads sed -n 1p .bashrc              |                                   | default     | allow
run sed -i 1d .bashrc                | allow Bash                        | default     | ask

# Critical paths.
run rm -rf /                         | allow Bash                        | default     | ask
run rm -rf /                         |                                   | bypassPermissions | ask
run rm -rf /                         |                                   | dontAsk     | deny
run rm -rf /etc                      |                                   | bypassPermissions | ask
run rm -rf /*                        |                                   | bypassPermissions | ask
run rm -rf ~                         |                                   | bypassPermissions | ask
run rm -rf ~/                        |                                   | bypassPermissions | ask
run rm -rf $HOME                     |                                   | bypassPermissions | ask
run rm -rf .                         |                                   | bypassPermissions | ask
run rm -rf ..                        |                                   | bypassPermissions | ask
run rm -rf *                         |                                   | bypassPermissions | ask
run rm -rf ./*                       |                                   | bypassPermissions | ask
run rm -rf /etc/*                    |                                   | bypassPermissions | ask
run rm -rf *.pyc                     |                                   | bypassPermissions | allow
run rm -rf build                     |                                   | bypassPermissions | allow
run rm -rf build/*                   |                                   | bypassPermissions | allow
run rmdir /home                      |                                   | bypassPermissions | ask
run sudo rm -rf /usr                 |                                   | bypassPermissions | ask
run rm -rf "$DIR"/*                  |                                   | bypassPermissions | ask
run rm -rf $DIR/                     |                                   | bypassPermissions | ask
run rm -rf "$DIR"                    |                                   | bypassPermissions | allow
run rm -rf C:/                       |                                   | bypassPermissions | ask
run find / -delete                   |                                   | bypassPermissions | ask
run find build -delete               |                                   | bypassPermissions | allow
run grep -r rm /etc                  |                                   | bypassPermissions | allow
run xargs rm -rf                     |                                   | bypassPermissions | ask
run xargs -n1 rm                     |                                   | bypassPermissions | ask
run sudo xargs rm                    |                                   | bypassPermissions | ask
run xargs sh -c rm                   |                                   | bypassPermissions | ask
run xargs grep -l rm                 |                                   | bypassPermissions | allow
run parallel rm                      |                                   | bypassPermissions | ask
opaque eval rm -rf $X                |                                   | bypassPermissions | ask
opaque eval "cd ~ && rm -rf ."       |                                   | bypassPermissions | ask
opaque bash -c 'x=1; rm -rf "$1"' _ ~ |                                   | bypassPermissions | ask
opaque cd ~ && rm -rf .              |                                   | bypassPermissions | ask
opaque cd ~; rm -rf *                |                                   | bypassPermissions | ask
opaque eval rm -rf build             |                                   | bypassPermissions | allow
opaque bash -c "rm -rf /"            |                                   | bypassPermissions | ask
opaque echo $(rm -rf ~)              |                                   | bypassPermissions | ask
opaque rm -rf ${DIR}/*               |                                   | bypassPermissions | ask
opaque rm -rf $(pwd)/*               |                                   | bypassPermissions | ask
opaque cat <(rm -rf /)               |                                   | bypassPermissions | ask
opaque x=1; rm -rf build             |                                   | bypassPermissions | allow
delete ~                             |                                   | bypassPermissions | ask

# Modes.
write src/a.py                       |                                   | acceptEdits | allow
delete src/a.py                      |                                   | acceptEdits | allow
write ~/x                            |                                   | acceptEdits | ask
write ../proj-evil/x                 |                                   | acceptEdits | ask
run npm test                         |                                   | acceptEdits | ask
run mkdir -p a/b                     |                                   | acceptEdits | allow
run touch a                          |                                   | acceptEdits | allow
run touch -r /etc/passwd a           |                                   | acceptEdits | ask
run rm -rf build                     |                                   | acceptEdits | allow
run rm ../x                          |                                   | acceptEdits | ask
run rm *.pyc                         |                                   | acceptEdits | ask
run rm -rf .                         |                                   | acceptEdits | ask
run rm .git/config                   |                                   | acceptEdits | ask
run rmdir -p a/b                     |                                   | acceptEdits | ask
run mv a b                           |                                   | acceptEdits | allow
run mv a                             |                                   | acceptEdits | ask
run mv a ../b                        |                                   | acceptEdits | ask
run mv -t .. a                       |                                   | acceptEdits | ask
run cp a b                           |                                   | acceptEdits | allow
run cp ../a b                        |                                   | acceptEdits | ask
run cp -t b a                        |                                   | acceptEdits | ask
run cp -a src/a b                    |                                   | acceptEdits | allow
run cp -s a b                        |                                   | acceptEdits | ask
run sed -i s/a/b/ f                  |                                   | acceptEdits | allow
run sed -i -e s/a/b/g -e 3d f        |                                   | acceptEdits | allow
run sed -i --expression=s/a/b/ f      |                                   | acceptEdits | allow
run sed -i --expression=1e f         |                                   | acceptEdits | ask
run cp --parents a/b c               |                                   | acceptEdits | ask
run mkdir --parents a/b              |                                   | acceptEdits | allow
run sed -i s/a/b/e f                 |                                   | acceptEdits | ask
run sed -i s/a/b/w/etc/x f           |                                   | acceptEdits | ask
run sed -i 1e f                      |                                   | acceptEdits | ask
run sed -f script f                  |                                   | acceptEdits | ask
run sed -i/tmp/* s/a/b/ f            |                                   | acceptEdits | ask
run sed -i s/a/b/ ../f               |                                   | acceptEdits | ask
run sed -i.bak s/a/b/ f              |                                   | acceptEdits | allow
run sed -i.json s/a/b/ .mcp          |                                   | acceptEdits | ask
run sed --in-place=rc s/a/b/ .env    |                                   | acceptEdits | ask
run cp .env b                        | deny Read(.env)                   | acceptEdits | ask
run rm .env                          | ask Edit(.env)                    | acceptEdits | ask
run chmod +x a                       |                                   | acceptEdits | ask
opaque rm -rf build                  |                                   | acceptEdits | ask
write src/a.py                       | deny Edit(src/**)                 | acceptEdits | deny
read src/a.py                        |                                   | plan        | allow
reads ls                             |                                   | plan        | allow
write src/a.py                       |                                   | plan        | deny
write src/a.py                       | allow Edit                        | plan        | deny
delete src/a.py                      |                                   | plan        | deny
run npm test                         | allow Bash                        | plan        | deny
opaque echo `x`                      | allow Bash                        | plan        | deny
use mcp__github__set                 | allow mcp__github                 | plan        | ask
use ExitPlanMode                     |                                   | plan        | ask
use SqlQuery                         | allow SqlQuery                    | plan        | ask
use Skill                            | allow Skill                       | plan        | allow
by WebFetch fetch https://x.test/ | allow WebFetch                    | plan        | allow
by HttpRequest fetch https://x.test/ | allow HttpRequest                 | plan        | ask
use TodoWrite                        |                                   | plan        | allow
run npm test                         |                                   | dontAsk     | deny
run npm test                         | allow Bash(npm *)                 | dontAsk     | allow
run npm test                         | allow Bash(npm *); ask Bash(npm test) | dontAsk | deny
reads ls                             |                                   | dontAsk     | allow
write src/a.py                       |                                   | dontAsk     | deny
write src/a.py                       | allow Edit                        | dontAsk     | allow
use AskUserQuestion                  |                                   | dontAsk     | deny
use AskUserQuestion                  |                                   | default     | allow
run npm test                         |                                   | bypassPermissions | allow
opaque weird $(x)                    |                                   | bypassPermissions | allow
write ~/x                            |                                   | bypassPermissions | allow
write src/a.py                       | ask Edit(src/**)                  | bypassPermissions | ask
run rm -rf build                     | deny Bash(rm *)                   | bypassPermissions | deny
run npm test                         |                                   | auto        | ask
read src/a.py                        |                                   | auto        | allow
"""


@dataclass(frozen=True)
class Case:
    """One row."""

    what: str
    rules: str
    mode: str
    expected: str


CASES = [
    Case(*(cell.strip() for cell in re.split(r"\s\|(?=\s)", line)))
    for line in TABLE.splitlines()
    if line.strip() and not line.startswith("#")
]


def action_of(house: House, what: str) -> tuple[str, Action, dict[str, str]]:
    """Return the tool, the action and the input a row speaks of."""
    by = re.match(r"by (\S+) ", what)
    verb, _, rest = what[by.end() if by else 0 :].partition(" ")
    tool = (
        by[1]
        if by
        else {"read": "Read", "write": "Edit", "delete": "DeleteFile", "fetch": "WebFetch"}.get(verb, "Bash")
    )
    if verb == "use":
        name, *given = rest.split()
        return name, Action("use", name), dict(pair.split("=", 1) for pair in given)
    if verb == "fetch":
        return tool, Action("fetch", rest), {"url": rest}
    if verb in ("run", "reads"):
        return tool, house.run(rest, read_only=verb == "reads"), {"command": rest}
    if verb == "opaque":
        return tool, house.run(rest, words=(), understood=False), {"command": rest}
    return tool, house.file(verb, rest), {"file_path": rest}


def test_the_table_is_long_enough() -> None:
    """The table holds at least the cases it is meant to hold, and none twice."""
    assert len(set(CASES)) == len(CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.what} [{case.rules}] {case.mode}")
def test_row(house: House, case: Case) -> None:
    """Every row of the table comes out as it says."""
    lists: dict[str, list[str]] = {"deny": [], "ask": [], "allow": []}
    for rule in filter(None, case.rules.split("; ")):
        behavior, _, text = rule.strip().partition(" ")
        lists[behavior].append(text)
    house.settings(lists)
    if case.mode == "bypassPermissions":
        house.settings(level="managed", defaultMode="bypassPermissions")
    house.session.mode = case.mode  # type: ignore[assignment]
    tool, action, tool_input = action_of(house, case.what)
    assert house.verdict(action, tool, tool_input) == case.expected, house.votes(action, tool, tool_input)
