import asyncio

import pytest

from core.standin.script import Endpoint, Fails, Gate, Script, Stall

ONE, TWO, THREE = (Fails("one"),), (Fails("two"),), (Stall(),)
HERE = Endpoint.RESPONSES


def test_nothing_was_said() -> None:
    assert Script().take(HERE, "A") == ()


def test_queued_entries_are_used_once_and_in_order() -> None:
    script = Script()
    script.queue(HERE, "A", ONE)
    script.queue(HERE, "A", TWO)
    assert script.unused == 2
    assert [script.take(HERE, "A") for _ in range(3)] == [ONE, TWO, ()]
    assert script.unused == 0


def test_a_standing_entry_stays_until_it_is_cleared() -> None:
    script = Script()
    script.stand(HERE, "A", ONE)
    assert [script.take(HERE, "A") for _ in range(2)] == [ONE, ONE]
    script.clear("A")
    assert script.take(HERE, "A") == ()


def test_queued_comes_before_standing_and_the_account_before_any() -> None:
    script = Script()
    script.stand(HERE, None, THREE)
    script.stand(HERE, "A", TWO)
    script.queue(HERE, None, ONE)
    assert [script.take(HERE, "A") for _ in range(2)] == [ONE, TWO]
    assert script.take(HERE, "B") == THREE


def test_endpoints_and_accounts_do_not_meet() -> None:
    script = Script()
    script.queue(Endpoint.USAGE, "A", ONE)
    assert script.take(HERE, "A") == ()
    assert script.take(Endpoint.USAGE, "B") == ()
    assert script.take(Endpoint.USAGE, "A") == ONE


async def test_a_gate_tells_when_it_is_reached_and_resumes_when_released() -> None:
    gate = Gate()
    resumed: list[bool] = []
    assert not gate.passes(lambda: resumed.append(True))
    await gate.reached()
    gate.release()
    assert resumed == [True]
    assert gate.passes(lambda: None)


async def test_a_gate_that_nobody_comes_to_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        await Gate().reached(timeout_s=0)
    await asyncio.sleep(0)
