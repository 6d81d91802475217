"""What a dialog shows, and what an answer means."""

from __future__ import annotations

import asyncio

from gaff.hooks import (
    Action,
    Choice,
    JsonObject,
    PermissionAnswer,
    PermissionQuestion,
    PermissionUpdate,
    Question,
    Rule,
    ToolCall,
    Verdict,
)
from gaff.plugins.builtin.ui._terminal.asking import permission_answer, permission_dialog, plain_dialog
from gaff.plugins.builtin.ui._terminal.dialog import Dialog, DialogAnswer, DialogChoice

RULES = PermissionUpdate("addRules", "localSettings", (Rule("Bash", "npm test *"),))
MODE = PermissionUpdate("setMode", "session", mode="acceptEdits")


def question(input: JsonObject, *suggestions: PermissionUpdate, why: str = "") -> PermissionQuestion:
    """Return a question about a call with this input."""
    action = Action("run", str(input.get("command", "")), why=why, suggestion="npm test *")
    return PermissionQuestion(
        title="Allow Bash?",
        call=ToolCall("1", "Bash", input),
        input=input,
        actions=((action, Verdict("ask", "nothing allows it")),),
        suggestions=suggestions,
    )


async def test_the_dialog_shows_every_parameter_with_hidden_characters_spelt_out() -> None:
    """What runs is what is shown."""
    dialog = permission_dialog(
        question({"command": "ls\u200b\t; rm x", "timeout": 5, "description": "\x1b[8mhi"})
    )
    assert list(dialog.body)[:3] == [
        "  ls<U+200B><U+0009>; rm x",
        "  timeout: 5",
        "  description: <U+001B>[8mhi",
    ]


async def test_the_dialog_says_why_it_asks() -> None:
    """The policy's reason, and what is special about the action."""
    assert dialog_text(permission_dialog(question({"command": "x"}, why="writes outside"))).endswith(
        "nothing allows it; writes outside"
    )


async def test_an_edit_is_shown_as_what_goes_and_what_comes() -> None:
    """Line by line, tabs as they are."""
    dialog = permission_dialog(question({"file_path": "/a", "old_string": "x\n\ty", "new_string": "z\nw"}))
    assert "    - x\n    - \ty" in dialog_text(dialog)
    assert "    + z\n    + w" in dialog_text(dialog)


async def test_each_action_of_several_is_named() -> None:
    """A compound command shows which part needs the word."""
    asked = question({"command": "a && b"})
    verdict = Verdict("ask", "unknown")
    asked = PermissionQuestion(
        title="t",
        call=asked.call,
        input={},
        actions=((Action("run", "a"), verdict), (Action("run", "b"), verdict)),
    )
    assert list(permission_dialog(asked).body) == ["  run a: unknown", "  run b: unknown"]


CP = Action("run", "cp a .git/b", words=("cp", "a", ".git/b"), suggestion="cp a .git/b")
CP_WRITES = Action("write", "/p/.git/b", words=CP.words)
TEST = Action("run", "npm test", words=("npm", "test"), suggestion="npm test *")
OPEN = Verdict("ask", "no rule or mode allows it")
PROTECTED = Verdict("ask", ".git is protected", "permissions.protected_paths")


def compound(
    *actions: tuple[Action, Verdict], suggestions: tuple[PermissionUpdate, ...]
) -> PermissionQuestion:
    """Return a question about a call of these parts."""
    return PermissionQuestion(
        title="t", call=ToolCall("1", "Bash", {}), input={}, actions=actions, suggestions=suggestions
    )


async def test_what_a_command_does_to_files_is_told_with_it() -> None:
    """One line a command, unless its file is asked for by another reason."""
    asked = compound((CP, PROTECTED), (CP_WRITES, PROTECTED), (TEST, OPEN), suggestions=())
    assert list(permission_dialog(asked).body) == [
        "  run cp a .git/b (writes /p/.git/b): .git is protected",
        "  run npm test: no rule or mode allows it",
    ]
    asked = compound((CP, OPEN), (CP_WRITES, PROTECTED), suggestions=())
    assert len(permission_dialog(asked).body) == 2


async def test_only_rules_that_spare_a_question_are_offered() -> None:
    """The rest of the call is said to be asked for again."""
    both = PermissionUpdate(
        "addRules", "localSettings", (Rule("Bash", "npm test *"), Rule("Bash", "cp a .git/b"))
    )
    asked = compound((TEST, OPEN), (CP, PROTECTED), (CP_WRITES, PROTECTED), suggestions=(both,))
    always = permission_dialog(asked).choices[2]
    assert always.label == "Yes, always: Bash(npm test *)"
    assert always.description == "saved in .claude/settings.local.json; asked for again: run cp a .git/b"
    assert permission_answer(asked, DialogAnswer("always")).updates == (RULES,)


async def test_what_every_rule_leaves_to_the_user_is_allowed_once_only() -> None:
    """No rule and no mode would help the next time."""
    asked = compound((CP_WRITES, PROTECTED), suggestions=(MODE,))
    assert [choice.value for choice in permission_dialog(asked).choices] == ["once", "deny"]
    free = Action("write", "/p/a")
    asked = compound((free, OPEN), suggestions=(MODE,))
    assert [choice.value for choice in permission_dialog(asked).choices] == ["once", "session", "deny"]


async def test_a_folder_other_than_the_project_s_is_named() -> None:
    """The same command does something else elsewhere."""
    assert list(permission_dialog(question({"command": "x"}), "/p/sub").body)[1] == "  in /p/sub"


def dialog_text(dialog: Dialog) -> str:
    """Return the body as one text."""
    return "\n".join(dialog.body)


async def test_the_choices_name_what_would_be_saved_and_where() -> None:
    """Nobody agrees to a rule unseen."""
    dialog = permission_dialog(question({"command": "npm test"}, MODE, RULES))
    assert [choice.label for choice in dialog.choices] == [
        "Yes",
        "Yes, for this session: mode acceptEdits, Bash(npm test *)",
        "Yes, always: Bash(npm test *)",
        "No",
    ]
    assert dialog.choices[2].description == "saved in .claude/settings.local.json"


async def test_without_suggestions_it_is_yes_once_or_no() -> None:
    """What cannot be put into a rule can only be allowed once."""
    assert [choice.value for choice in permission_dialog(question({})).choices] == ["once", "deny"]


def test_what_the_answers_mean() -> None:
    """Session keeps everything for the session; always leaves out what lasts only so long."""
    asked = question({}, MODE, RULES)
    session = PermissionUpdate("addRules", "session", RULES.rules)
    assert permission_answer(asked, DialogAnswer("once")) == PermissionAnswer("allow")
    assert permission_answer(asked, DialogAnswer("session")).updates == (MODE, session)
    assert permission_answer(asked, DialogAnswer("always")).updates == (RULES,)
    assert permission_answer(asked, DialogAnswer("deny", "no")) == PermissionAnswer("deny", "no")
    for value in ("once", "session", "always"):
        assert permission_answer(asked, DialogAnswer(value, "and then lint")).text == "and then lint"
    assert permission_answer(asked, DialogAnswer("")) == PermissionAnswer("deny")


def choices(count: int) -> list[DialogChoice]:
    """Return so many choices."""
    return [DialogChoice(f"label {number}", f"v{number}") for number in range(count)]


async def test_keys_choose_by_number_and_by_letter() -> None:
    """``y`` and ``1`` are the same answer."""
    for key in "y1":
        dialog = permission_dialog(question({}))
        dialog.key(key)
        assert await dialog.done == DialogAnswer("once")


async def test_no_asks_for_a_reason_and_esc_goes_back() -> None:
    """The reason can be left out, and the question can be looked at again."""
    dialog = permission_dialog(question({}))
    dialog.key("n")
    assert dialog.typing is not None
    dialog.leave()
    assert dialog.typing is None
    dialog.key("n")
    dialog.typed("  use make  ")
    assert await dialog.done == DialogAnswer("deny", "use make")


async def test_tab_asks_for_words_with_a_yes_and_moves_on_where_there_are_none() -> None:
    """Only lines that take words open the field."""
    dialog = permission_dialog(question({}))
    assert dialog.comment()
    dialog.typed("and then lint")
    assert await dialog.done == DialogAnswer("once", "and then lint")
    assert not Dialog("t", choices=choices(2)).comment()


async def test_leaving_answers_nothing() -> None:
    """Esc at the choices."""
    dialog = Dialog("t", choices=choices(2))
    dialog.leave()
    assert await dialog.done == DialogAnswer("")


async def test_the_selection_goes_round() -> None:
    """Up from the first is the last."""
    dialog = Dialog("t", choices=choices(3))
    dialog.move(-1)
    dialog.choose()
    assert await dialog.done == DialogAnswer("v2")


async def test_a_long_list_is_searched_by_typing() -> None:
    """Digits are words there, too."""
    dialog = Dialog("t", choices=choices(30))
    for character in "l 27":
        dialog.key(character)
    assert [choice.value for choice in dialog.found] == ["v27"]
    dialog.erase()
    assert len(dialog.found) == 12
    dialog.choose()
    assert await asyncio.wait_for(dialog.done, 1) == DialogAnswer("v2")


async def test_a_list_without_a_match_has_nothing_to_choose() -> None:
    """Enter then does nothing."""
    dialog = Dialog("t", choices=choices(12))
    dialog.key("q")
    dialog.choose()
    dialog.move(1)
    assert not dialog.done.done()


async def test_drawing_stays_within_the_window() -> None:
    """A list scrolls; labels of a short question are folded, never cut."""
    listed = Dialog("t", choices=choices(50), armed=True, selected=40)
    drawn = "".join(text for _, text, *_ in listed.fragments(40, 12))
    assert drawn.count("\n") < 12
    assert "❯ label 40" in drawn
    short = Dialog("t", choices=[DialogChoice("Yes, always: " + "Bash(x *), " * 9, "a")], armed=True)
    assert "".join(text for _, text, *_ in short.fragments(30, 20)).count("Bash(x") == 9


async def test_a_plain_question_takes_choices_or_words() -> None:
    """Free text is one more choice, or all there is."""
    asked = Question(title="Which?", choices=(Choice("A", "a"),), free_text=True)
    dialog = plain_dialog(asked)
    assert [choice.label for choice in dialog.choices] == ["A", "Something else"]
    dialog.key("2")
    dialog.typed("neither")
    assert await dialog.done == DialogAnswer("", "neither")
    words = plain_dialog(Question(title="Name?"))
    words.typed("Ada")
    assert (await words.done).text == "Ada"
