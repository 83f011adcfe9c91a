"""A spending limit fills by use and is empty again every thirty days."""

from datetime import timedelta

import pytest

from core.standin import spending
from core.standin.spending import Spending
from tests.fakes.clock import START

LIMIT = Spending(limit=2, used=0.5, resets_at=START + timedelta(days=3))


def test_tokens_are_paid_with_credits() -> None:
    after = spending.spent(LIMIT, 10_000, START)
    assert after.used == 1.5
    assert not after.reached
    assert spending.spent(after, 5_000, START).reached


@pytest.mark.parametrize(
    ("days", "used", "resets_in"),
    [
        pytest.param(2, 0.5, 3, id="before the reset"),
        pytest.param(3, 0.0, 33, id="at the reset"),
        pytest.param(70, 0.0, 93, id="long after it"),
    ],
)
def test_it_resets(days: int, used: float, resets_in: int) -> None:
    later = spending.at(LIMIT, START + timedelta(days=days))
    assert later.used == used
    assert later.resets_at == START + timedelta(days=resets_in)


def test_nothing_is_said_where_there_is_no_limit() -> None:
    assert spending.as_json(None, START) == {"reached": False, "individual_limit": None}


def test_more_than_everything_is_everything() -> None:
    told = spending.as_json(Spending(limit=4, used=5, resets_at=START), START)["individual_limit"]
    assert (told["used_percent"], told["remaining"]) == (100, "0")
