"""What the model says when a script does not: functions from a request's body to a turn.

They look at nothing but the body, so that a request that was refused, moved to another account or
sent again is answered as the first one would have been.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.standin.turns import CustomCall, FunctionCall, Turn
from core.standin.world import Account

Answer = Callable[[Mapping[str, Any], Account], Turn]

_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


def greet(_body: Mapping[str, Any], account: Account) -> Turn:
    """Says who answered."""
    return Turn(text=f"Hello from {account.name}.")


def always(turn: Turn) -> Answer:
    """The same turn for every request."""
    return lambda _body, _account: turn


def tool_turns(calls: int, *, shell: str = "true", text: str = "All done.") -> Answer:
    """A long turn: `calls` tool calls, one a request, then `text`.

    Uses code mode's `exec` where the request offers it and `exec_command` where not.

    Args:
        calls: how many tool calls before the text.
        shell: the command that each call runs.
        text: the end; `{account}` becomes the name of the account that says it.
    """

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        if _outputs_of_this_turn(body) >= calls:
            return Turn(text=text.replace("{account}", account.name))
        if _is_code_mode(body):
            script = f"const r = await tools.exec_command({{cmd: {shell!r}}}); text(r.output);"
            return Turn(calls=(CustomCall(name="exec", input=script),))
        return Turn(calls=(FunctionCall(name="exec_command", arguments={"cmd": shell}),))

    return answer


def asks_to_compact(body: Mapping[str, Any]) -> bool:
    """The client asks for a compaction of its thread, whatever the model would have said."""
    return any(item.get("type") == "compaction_trigger" for item in body["input"])


def _outputs_of_this_turn(body: Mapping[str, Any]) -> int:
    count = 0
    for item in reversed(body["input"]):
        if item.get("type", "message") == "message" and item.get("role") == "user":
            break
        count += item.get("type") in _OUTPUTS
    return count


def _is_code_mode(body: Mapping[str, Any]) -> bool:
    """The lite form brings its tools as an input item instead of `tools`."""
    return any(item.get("type") == "additional_tools" for item in body["input"])
