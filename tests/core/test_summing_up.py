"""Budgets that could not be summed up do not stay so, and nobody is left in the dark."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC

import pytest

from core.domain.errors import CoreError
from core.summing_up import SummingUp
from core.words.speech import Speech

SPEECH = Speech(translate=str, zone=UTC)


class Ledger:
    """Cannot be read while `broken`; counts how often it was asked."""

    def __init__(self) -> None:
        self.broken = True
        self.asked = 0
        self.was_asked = asyncio.Event()

    async def sum_up(self) -> None:
        self.asked += 1
        self.was_asked.set()
        if self.broken:
            raise CoreError("disk", "The disk cannot be read.")

    async def next(self) -> None:
        self.was_asked.clear()
        await self.was_asked.wait()
        await asyncio.sleep(0)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
async def summing(ledger: Ledger) -> AsyncIterator[SummingUp]:
    """Failed once, as at the start of a program; tries again at once."""
    summing = SummingUp(ledger.sum_up, speech=SPEECH, pause_s=0.001)
    await summing.attempt()
    running = asyncio.create_task(summing.run())
    yield summing
    running.cancel()
    await asyncio.wait([running])


def codes(summing: SummingUp) -> list[str]:
    return [notice.code for notice in summing.notices()]


async def test_it_is_tried_again_until_it_succeeds_and_said_meanwhile(
    summing: SummingUp, ledger: Ledger
) -> None:
    assert codes(summing) == ["budgets"]
    await ledger.next()
    await ledger.next()
    assert codes(summing) == ["budgets"]
    ledger.broken = False
    await ledger.next()
    assert codes(summing) == []


async def test_once_it_has_succeeded_only_a_change_of_the_budgets_asks_again(
    summing: SummingUp, ledger: Ledger
) -> None:
    ledger.broken = False
    await ledger.next()
    asked = ledger.asked
    await asyncio.sleep(0.01)
    assert ledger.asked == asked
    summing.wake()
    await ledger.next()
    assert ledger.asked == asked + 1


async def test_a_change_does_not_wait_for_the_next_try(ledger: Ledger) -> None:
    summing = SummingUp(ledger.sum_up, speech=SPEECH, pause_s=3600.0)
    await summing.attempt()
    running = asyncio.create_task(summing.run())
    ledger.broken = False
    summing.wake()
    await ledger.next()
    assert codes(summing) == []
    running.cancel()
    await asyncio.wait([running])
