"""Acts are performed in their order, and nothing goes on that has to wait."""

import asyncio

from core.standin.acts import Act, Break, Hang, Part, Wait
from core.standin.pump import Pump
from core.standin.recorded import Ending
from core.standin.script import Gate


class _Stage:
    def __init__(self) -> None:
        self.done: list[object] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def over(self, ending: Ending) -> None:
        self.done.append(ending)

    def idle(self) -> None:
        self.done.append("idle")

    def drop(self, *, reset: bool) -> None:
        self.done.append(("drop", reset))


def _perform(*acts: Act) -> tuple[Pump, list[object]]:
    stage = _Stage()
    pump = Pump(stage, asyncio.get_running_loop())
    pump.begin(iter(acts))
    return pump, stage.done


async def test_what_can_be_written_together_is() -> None:
    pump, done = _perform(b"a", b"b")
    assert done == [b"ab", Ending.ANSWERED, "idle"]
    assert not pump.busy


async def test_a_gate_holds_the_rest() -> None:
    gate = Gate()
    pump, done = _perform(b"a", gate, b"b")
    assert done == [b"a"]
    assert pump.busy
    gate.release()
    assert done == [b"a", b"b", Ending.ANSWERED, "idle"]


async def test_a_hang_never_ends_by_itself() -> None:
    pump, done = _perform(b"a", Hang(), b"b")
    assert done == [b"a"]
    pump.stop()
    assert not pump.busy


async def test_a_break_ends_the_connection_and_parting_does_not() -> None:
    assert _perform(b"a", Break(reset=True), b"b")[1] == [
        b"a",
        Ending.CUT,
        ("drop", True),
        "idle",
    ]
    assert _perform(b"a", Part(), b"b")[1] == [b"a", Ending.CUT, "idle"]


async def test_nothing_is_written_after_the_client_is_gone() -> None:
    pump, done = _perform(b"a", Wait(0.0), b"b")
    pump.stop()
    pump.resume()
    assert done == [b"a", "idle"]
