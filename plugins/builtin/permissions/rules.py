"""Permission rules: deny, ask and allow, from settings, the command line and the session.

Deny beats ask beats allow, wherever each stands and however specific it is. Allow rules of a project's
files hold only in a folder the user trusts; denials always hold.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gaff.hooks import (
    JsonObject,
    ModelRequest,
    ModelRequested,
    Notice,
    PermissionCheck,
    Session,
    SessionStart,
    Setting,
    StateKey,
    Vote,
    hookimpl,
    text_at,
)

from . import _below
from ._auto.prose import prose_rules
from ._book import CompiledRule, RuleBook, rule_book
from ._call import Call
from ._commands import SHELL_TOOLS


@dataclass
class _Told:
    lines: set[str] = field(default_factory=set[str])


_TOLD = StateKey(_Told)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the keys rules are read from."""
    return (
        Setting("permissions.allow", "rules for what needs no question", "array"),
        Setting("permissions.ask", "rules for what always needs a question", "array"),
        Setting("permissions.deny", "rules for what is never done", "array"),
        Setting("allowManagedPermissionRulesOnly", "only managed settings may allow anything", "boolean"),
    )


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote as the strictest rule that covers the action says."""
    book = rule_book(event.session)
    call = Call(event.session, event.tool_name, event.tool_input, event.action)
    if denial := book.find("deny", call):
        return Vote("deny", denial.reason, _message(denial.reason))
    if question := _question(book, event, call):
        return Vote("ask", question.reason)
    if doubt := _below.question(book, call):
        return Vote("ask", doubt)
    judged = event.session.mode == "auto"
    if judged and event.tool_name in SHELL_TOOLS and prose_rules(event.session.settings).classifies_all_shell:
        return None
    if event.action.understood and (permission := book.permit(call, without_broad=judged)):
        return Vote("allow", permission.reason)
    return None


def _question(book: RuleBook, event: PermissionCheck, call: Call) -> CompiledRule | None:
    """Return the rule that asks. Documented: one about all of Bash does not, for a command in the sandbox."""
    found = book.find("ask", call)
    if found is None or not found.is_bare_bash:
        return found
    from gaff.plugins.builtin.sandbox._commands import is_spared

    spared = is_spared(event.session, event.tool_name, event.tool_input)
    return book.find("ask", call, without_bare=True) if spared else found


def _message(reason: str) -> str:
    return f"Not permitted: {reason}. Look for no other way to do it; go on without, or say why you need it."


@hookimpl
def gaff_session_start(event: SessionStart) -> None:
    """Tell the user at the start what is wrong with the rules."""
    if event.context.session is not None:
        _tell(event.context.session, rule_book(event.context.session).warnings)


@hookimpl
def gaff_model_request(event: ModelRequested, request: ModelRequest) -> ModelRequest | None:
    """Leave out tools that a rule denies altogether, and tell the user once what is wrong with the rules."""
    book = rule_book(event.session)
    _tell(event.session, book.warnings)
    kept = _offered(request.tools, book)
    return replace(request, tools=kept) if len(kept) < len(request.tools) else None


def _offered(tools: Sequence[JsonObject], book: RuleBook) -> tuple[JsonObject, ...]:
    """Return the tools to offer. Documented: EndConversation is not denied while another tool remains."""
    hidden = {name for tool in tools if book.hides(name := text_at(tool, "name"))}
    if len(hidden) < len(tools):
        hidden.discard("EndConversation")
    return tuple(tool for tool in tools if text_at(tool, "name") not in hidden)


def _tell(session: Session, lines: Sequence[str]) -> None:
    told = session.state[_TOLD].lines
    for line in lines:
        if line not in told:
            told.add(line)
            session.publish(Notice("warning", line))
