"""For tests of gaff and of plugins: a scripted model, fake servers, a shell fixture. See docs/testing.md.

Everything is importable from here, and read from its module when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .chat_server import FakeChatServer as FakeChatServer
    from .messages_checks import Violation as Violation
    from .messages_server import FakeMessagesServer as FakeMessagesServer
    from .replies import (
        HARMLESS as HARMLESS,
        Reply as Reply,
        block as block,
        bytewise as bytewise,
        call as call,
        calls as calls,
        cut as cut,
        empty_200 as empty_200,
        error_mid_stream as error_mid_stream,
        garbage as garbage,
        hang_before_headers as hang_before_headers,
        hold as hold,
        html as html,
        http as http,
        line_endings as line_endings,
        malformed as malformed,
        max_tokens as max_tokens,
        max_tokens_mid_tool as max_tokens_mid_tool,
        overloaded_mid_stream as overloaded_mid_stream,
        paced as paced,
        pings_forever as pings_forever,
        prompt_too_long as prompt_too_long,
        refuse as refuse,
        reply as reply,
        reset as reset,
        say as say,
        stall as stall,
        status as status,
        think as think,
    )
    from .scripted_model import ScriptedModel as ScriptedModel, ScriptedModels as ScriptedModels
    from .shell import Shell as Shell
    from .terminal import Terminal as Terminal
    from .workspace import Workspace as Workspace

_MODULES: Final = {
    "FakeChatServer": "chat_server",
    "FakeMessagesServer": "messages_server",
    "ScriptedModel": "scripted_model",
    "ScriptedModels": "scripted_model",
    "Shell": "shell",
    "Terminal": "terminal",
    "Violation": "messages_checks",
    "Workspace": "workspace",
}


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    module = import_module(f".{_MODULES.get(name, 'replies')}", __name__)
    return getattr(module, name)
