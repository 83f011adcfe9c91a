from dataclasses import replace
from datetime import timedelta

import pytest

from core.standin.meters import Window
from core.standin.people import make_login
from core.standin.world import (
    Account,
    Credits,
    ExtraLimit,
    World,
    after_use,
    blocked_until,
)
from tests.fakes.clock import START, FakeClock

HOUR = timedelta(hours=1)
FULL_SOON = Window(minutes=300, used_percent=100, resets_at=START + HOUR)
FULL_LATE = Window(minutes=10_080, used_percent=100, resets_at=START + 9 * HOUR)
HALF = Window(minutes=300, used_percent=50, resets_at=START + HOUR)
SPARK = ExtraLimit(
    limit_id="codex_bengalfox", name="Spark", models=frozenset({"spark"}), primary=FULL_SOON
)


def _account(**changes: object) -> Account:
    account = Account(person=make_login("A").person, primary=HALF, secondary=None)
    return replace(account, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("account", "model", "until"),
    [
        pytest.param(_account(), "any", None, id="half a window is left"),
        pytest.param(_account(primary=None), "any", None, id="no windows, no limit"),
        pytest.param(_account(primary=FULL_SOON), "any", HOUR, id="waits for its session"),
        pytest.param(
            _account(primary=FULL_SOON, secondary=FULL_LATE), "any", 9 * HOUR, id="waits for both"
        ),
        pytest.param(
            _account(primary=FULL_SOON, credits=Credits(has=True, balance="1.5")),
            "any",
            None,
            id="pays with credits",
        ),
        pytest.param(
            _account(primary=FULL_SOON, credits=Credits(has=True, balance="0")),
            "any",
            HOUR,
            id="credits are spent",
        ),
        pytest.param(_account(extra=(SPARK,)), "spark", HOUR, id="this model has run out"),
        pytest.param(_account(extra=(SPARK,)), "any", None, id="other models have not"),
    ],
)
def test_when_an_account_serves_again(
    account: Account, model: str, until: timedelta | None
) -> None:
    assert blocked_until(account, model) == (until and START + until)


def test_a_model_with_a_limit_of_its_own_leaves_the_windows_alone() -> None:
    account = _account(extra=(replace(SPARK, primary=HALF),))
    used = after_use(account, "spark", 100_000, START)
    assert used.primary == HALF
    assert used.extra[0].primary is not None
    assert used.extra[0].primary.used_percent == 60


def test_windows_reset_when_time_is_driven(clock: FakeClock) -> None:
    world = World(clock.now)
    world.put(_account(primary=FULL_SOON))
    world.pass_time(timedelta(minutes=30))
    clock.advance(timedelta(minutes=30))
    assert world.now == START + HOUR
    assert blocked_until(world.account("A"), "any") is None


def test_an_account_that_was_never_added_is_an_error(clock: FakeClock) -> None:
    with pytest.raises(KeyError):
        World(clock.now).account("B")
