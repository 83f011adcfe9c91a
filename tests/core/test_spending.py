"""Tokens are added up for a moment, and none is lost."""

import asyncio

import pytest

from core.domain.account import AccountId
from core.domain.observed import Lesson, Observed
from core.spending import Spending
from tests.fakes.clock import FakeClock

A, B = AccountId("acc_a"), AccountId("acc_b")


class Learner:
    """Learns, and counts how often."""

    def __init__(self) -> None:
        self.observed = Observed()
        self.lessons = 0
        self.learned = asyncio.Event()

    def learn(self, lesson: Lesson) -> None:
        self.observed, _ = lesson(self.observed)
        self.lessons += 1
        self.learned.set()

    def tokens(self, account: AccountId) -> int:
        return self.observed.spent[account].tokens


async def test_many_answers_of_an_account_are_one_lesson(clock: FakeClock) -> None:
    learner = Learner()
    spending = Spending(learn=learner.learn, clock=clock)
    for _ in range(3):
        spending.spent(A, 10)
    spending.spent(B, 1)
    spending.learn()
    assert (learner.lessons, learner.tokens(A), learner.tokens(B)) == (2, 30, 1)


async def test_what_waits_is_learned_by_itself(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.spending.SOON_S", 0.0)
    learner = Learner()
    spending = Spending(learn=learner.learn, clock=clock)
    spending.spent(A, 10)
    await learner.learned.wait()
    learner.learned.clear()
    spending.spent(A, 5)
    await learner.learned.wait()
    assert learner.tokens(A) == 15


async def test_nothing_spent_is_nothing_learned(clock: FakeClock) -> None:
    learner = Learner()
    Spending(learn=learner.learn, clock=clock).learn()
    assert learner.lessons == 0
