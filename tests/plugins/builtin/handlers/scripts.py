"""Fifty hook scripts as people write them, each with what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Script:
    """A hook script, what it meets, and what must be seen afterwards."""

    name: str
    event: str
    text: str
    #: The tool that the model calls; empty for a mere prompt.
    tool: str = ""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    prompt: str = "go"
    matcher: str | None = None
    #: How the call ends.
    status: str = "done"
    #: Found in what the model reads, or must not be.
    read: str = ""
    unread: str = ""
    #: Found in what the user is told.
    told: str = ""
    #: Found in the result of the turn.
    result: str = ""


SH = "#!/bin/bash\n"
PY = "#!/usr/bin/env python3\nimport json, os, re, sys\nevent = json.load(sys.stdin)\n"
READ = {"file_path": "note.txt"}
WRITE = {"file_path": "new.txt", "content": "x = 1\n"}
BASH = {"command": "echo hello"}

GUARDS = [
    Script("jq-command-deny", "PreToolUse", SH + """
cmd=$(jq -r '.tool_input.command // empty')
if echo "$cmd" | grep -qE 'rm +-rf'; then echo "rm -rf is blocked" >&2; exit 2; fi
exit 0
""", "Bash", {"command": "echo rm -rf /"}, status="denied", read="rm -rf is blocked"),
    Script("jq-command-pass", "PreToolUse", SH + """
cmd=$(jq -r '.tool_input.command')
[[ "$cmd" == *sudo* ]] && { echo "no sudo" >&2; exit 2; }
exit 0
""", "Bash", BASH),
    Script("env-file-guard", "PreToolUse", PY + """
path = event["tool_input"].get("file_path", "")
if os.path.basename(path).startswith(".env"):
    print("Blocked: .env holds secrets", file=sys.stderr)
    sys.exit(2)
""", "Write", {"file_path": ".env", "content": "A=1"}, status="denied", read=".env holds secrets"),
    Script("env-file-guard-pass", "PreToolUse", PY + """
sys.exit(2 if ".env" in event["tool_input"].get("file_path", "") else 0)
""", "Read", READ),
    Script("json-deny", "PreToolUse", SH + """
jq -n '{hookSpecificOutput: {hookEventName: "PreToolUse", permissionDecision: "deny",
  permissionDecisionReason: "use the wrapper"}}'
""", "Bash", BASH, status="denied", read="use the wrapper"),
    Script("json-allow", "PreToolUse", PY + """
print(json.dumps({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow",
    "permissionDecisionReason": "docs are fine"}}))
""", "Read", READ),
    Script("deprecated-block", "PreToolUse", SH + """
echo '{"decision": "block", "reason": "old style"}'
""", "Read", READ, status="denied", read="old style"),
    Script("deprecated-approve", "PreToolUse", SH + """
echo '{"decision": "approve", "reason": "fine"}'
""", "Read", READ),
    Script("rewrite-command", "PreToolUse", PY + """
command = event["tool_input"]["command"].replace("npm", "echo bun")
print(json.dumps({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow",
    "updatedInput": {"command": command}}}))
""", "Bash", {"command": "npm install"}, read="bun install"),
    Script("python-traceback", "PreToolUse", PY + """
raise KeyError("whatever")
""", "Read", READ, told="Failed with non-blocking status code: "),
    Script("exit-1", "PreToolUse", SH + "echo oops >&2\nexit 1\n", "Read", READ, told="oops"),
    Script("not-executable-tool", "PreToolUse", SH + "this-program-does-not-exist\n", "Read", READ, told="exit code 127"),
    Script("exit-2-without-words", "PreToolUse", SH + "exit 2\n", "Read", READ, status="denied", read="no reason given"),
    Script("exit-2-beats-allow", "PreToolUse", SH + """
echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}'
echo "still no" >&2
exit 2
""", "Read", READ, status="denied", read="still no"),
    Script("json-at-exit-1-decides", "PreToolUse", SH + """
echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"by JSON"}}'
exit 1
""", "Read", READ, status="denied", read="by JSON"),
    Script("wrong-event-name", "PreToolUse", SH + """
echo '{"hookSpecificOutput":{"hookEventName":"PostToolUse","permissionDecision":"deny"}}'
""", "Read", READ, told='needs "hookEventName": "PreToolUse"'),
    Script("broken-json", "PreToolUse", SH + "echo '{\"decision\": block}'\n", "Read", READ, told="looks like JSON and is not"),
    Script("json-lines-log", "PreToolUse", SH + """
echo '{"level":"info","msg":"one"}'
echo '{"level":"info","msg":"two"}'
""", "Read", READ),
    Script("array-is-text", "PreToolUse", SH + "echo '[1, 2]'\n", "Read", READ),
    Script("ignores-stdin", "PreToolUse", SH + "exit 0\n", "Write", {"file_path": "big.txt", "content": "y" * 200_000}),
    Script("reads-stdin-late", "PreToolUse", SH + "exec 3<&0\ncat <&3 | jq -e .tool_name >/dev/null\n", "Read", READ),
    Script("loud", "PreToolUse", SH + "head -c 3000000 /dev/zero | tr '\\0' a\n", "Read", READ),
    Script("binary-output", "PreToolUse", SH + "printf '\\xff\\xfe\\x00'\n", "Read", READ),
    Script("crlf-json", "PreToolUse", SH + r"""
printf '{"decision":"block",\r\n"reason":"carriage"}\r\n'
""", "Read", READ, status="denied", read="carriage"),
    Script("branch-guard", "PreToolUse", SH + """
branch=$(git -C "$CLAUDE_PROJECT_DIR" symbolic-ref --short HEAD 2>/dev/null || echo main)
if [ "$branch" = main ]; then echo "not on main" >&2; exit 2; fi
""", "Write", WRITE, status="denied", read="not on main"),
    Script("path-outside-project", "PreToolUse", PY + """
path = os.path.realpath(event["tool_input"]["file_path"])
if not path.startswith(os.path.realpath(os.environ["CLAUDE_PROJECT_DIR"]) + os.sep):
    print(json.dumps({"decision": "block", "reason": "outside: " + path}))
""", "Read", {"file_path": "/etc/hostname"}, status="denied", read="outside: /etc/hostname"),
    Script("secret-scan", "PreToolUse", PY + """
text = json.dumps(event["tool_input"])
if re.search(r"AKIA[0-9A-Z]{16}", text):
    print("that is a key", file=sys.stderr); sys.exit(2)
""", "Write", {"file_path": "k.txt", "content": "AKIAABCDEFGHIJKLMNOP"}, status="denied", read="that is a key"),
    Script("stop-everything", "PreToolUse", SH + """
echo '{"continue": false, "stopReason": "budget spent"}'
""", "Read", READ, status="denied", result="budget spent"),
]  # fmt: skip

AFTER = [
    Script("formatter", "PostToolUse", SH + """
path=$(jq -r '.tool_input.file_path')
sed -i 's/x = 1/x = 2/' "$path"
""", "Write", WRITE),
    Script("linter-feedback", "PostToolUse", PY + """
print("line 1: unused variable", file=sys.stderr)
sys.exit(2)
""", "Write", WRITE, read="line 1: unused variable"),
    Script("json-feedback", "PostToolUse", SH + """
jq -c '{decision: "block", reason: ("checked " + .tool_name)}'
""", "Read", READ, read="checked Read"),
    Script("adds-context", "PostToolUse", SH + """
jq -n '{hookSpecificOutput: {hookEventName: "PostToolUse", additionalContext: "the file is generated"}}'
""", "Read", READ, read="the file is generated"),
    Script("reads-response", "PostToolUse", PY + """
assert event["tool_response"]["stdout"] == "hello", event
assert event["duration_ms"] >= 0
print(json.dumps({"systemMessage": "as it should be"}))
""", "Bash", BASH, told="as it should be"),
    Script("audit-log", "PostToolUse", SH + """
jq -r '"\\(.tool_name): \\(.tool_input.command)"' >> "$CLAUDE_PROJECT_DIR/audit.log"
""", "Bash", BASH),
    Script("redacts-output", "PostToolUse", PY + """
response = dict(event["tool_response"], stdout="[redacted]")
print(json.dumps({"hookSpecificOutput": {"hookEventName": "PostToolUse", "updatedToolOutput": response}}))
""", "Bash", {"command": "echo token-123456"}, read="[redacted]", unread="content\": \"token-123456"),
    Script("suppressed", "PostToolUse", SH + """
echo '{"suppressOutput": true}'
""", "Read", READ),
    Script("failure-hint", "PostToolUseFailure", SH + """
error=$(jq -r .error)
[[ "$error" == Exit\\ code\\ 7* ]] && { echo "seven means: install it" >&2; exit 2; }
""", "Bash", {"command": "exit 7"}, status="failed", read="seven means: install it"),
    Script("batch-context", "PostToolBatch", PY + """
names = ",".join(call["tool_name"] for call in event["tool_calls"])
print(json.dumps({"hookSpecificOutput": {"hookEventName": "PostToolBatch", "additionalContext": "batch: " + names}}))
""", "Read", READ, read="batch: Read"),
    Script("batch-stop", "PostToolBatch", SH + "echo 'look at the clock' >&2\nexit 2\n", "Read", READ, result="look at the clock"),
]  # fmt: skip

PROMPTS = [
    Script("date-context", "UserPromptSubmit", SH + "echo \"the date is fixed\"\n", read="the date is fixed"),
    Script("json-context", "UserPromptSubmit", PY + """
print(json.dumps({"hookSpecificOutput": {"hookEventName": "UserPromptSubmit",
    "additionalContext": "asked: " + event["prompt"]}}))
""", prompt="fix the bug", read="asked: fix the bug"),
    Script("keyword-block", "UserPromptSubmit", PY + """
if re.search(r"(?i)password", event["prompt"]):
    print(json.dumps({"decision": "block", "reason": "no passwords in prompts"}))
""", prompt="my Password is x", result="no passwords in prompts"),
    Script("exit-2-block", "UserPromptSubmit", SH + "echo 'too late today' >&2; exit 2\n", result="too late today"),
    Script("prompt-log", "UserPromptSubmit", SH + "jq -r .prompt >> \"$CLAUDE_PROJECT_DIR/prompts.log\"\n"),
    Script("session-context", "SessionStart", SH + """
source=$(jq -r .source)
echo "started by $source in $(basename "$PWD")"
""", matcher="startup|resume", read="started by startup in project"),
    Script("session-json", "SessionStart", PY + """
print(json.dumps({"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "house rules"}}))
""", read="house rules"),
    Script("other-source", "SessionStart", SH + "echo never\n", matcher="compact", unread="never"),
    Script("session-exit-2", "SessionStart", SH + "echo 'tools are missing' >&2; exit 2\n", told="tools are missing", unread="tools are missing"),
    Script("stop-once", "Stop", PY + """
if not event["stop_hook_active"]:
    print(json.dumps({"decision": "block", "reason": "write the changelog"}))
""", read="Stop hook feedback: write the changelog"),
    Script("stop-passes", "Stop", PY + """
assert event["last_assistant_message"] == "done"
""", unread="Stop hook feedback"),
]  # fmt: skip

SCRIPTS = [*GUARDS, *AFTER, *PROMPTS]
