from typing import Any

from core.standin.answers import always, asks_to_compact, greet, tool_turns
from core.standin.people import make_login
from core.standin.turns import CustomCall, FunctionCall, Turn
from core.standin.world import Account

ACCOUNT = Account(person=make_login("A").person)
ASKED = {"type": "message", "role": "user"}
OUTPUT = {"type": "function_call_output"}


def _body(*items: dict[str, Any]) -> dict[str, Any]:
    return {"input": list(items)}


def test_a_greeting_names_the_account() -> None:
    assert greet(_body(ASKED), ACCOUNT).text == "Hello from A."


def test_the_same_turn_for_everybody() -> None:
    turn = Turn(text="x")
    assert always(turn)(_body(ASKED), ACCOUNT) is turn


def test_tools_are_called_until_there_were_enough() -> None:
    answer = tool_turns(2, shell="ls", text="Done by {account}.")
    call = FunctionCall(name="exec_command", arguments={"cmd": "ls"})
    assert answer(_body(ASKED), ACCOUNT).calls == (call,)
    assert answer(_body(ASKED, OUTPUT), ACCOUNT).calls == (call,)
    assert answer(_body(ASKED, OUTPUT, OUTPUT), ACCOUNT) == Turn(text="Done by A.")


def test_outputs_of_an_earlier_turn_do_not_count() -> None:
    answer = tool_turns(1)
    assert answer(_body(ASKED, OUTPUT, ASKED), ACCOUNT).calls


def test_code_mode_is_recognised_by_its_tools() -> None:
    (call,) = tool_turns(1, shell="ls")(_body({"type": "additional_tools"}, ASKED), ACCOUNT).calls
    assert isinstance(call, CustomCall)
    assert "exec_command({cmd: 'ls'})" in call.input


def test_a_compaction_is_recognised_by_its_trigger() -> None:
    assert asks_to_compact(_body(ASKED, {"type": "compaction_trigger"}))
    assert not asks_to_compact(_body(ASKED))
