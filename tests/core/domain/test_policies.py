"""What the user decides about an account: each decision is kept, and nonsense is refused."""

from collections.abc import Callable

import pytest

from core.domain import policies
from core.domain.account import Account, AccountId, Reserve
from core.domain.errors import CoreError, ExitCode
from core.domain.events import AccountChanged
from core.domain.state import Change, State
from tests.core.routing.pool import pool

A = AccountId("A")


def after(change: Change, state: State | None = None) -> Account:
    return change(state or pool("AB"))[0].accounts[A]


ROWS = [
    pytest.param(policies.set_draining(A, True), lambda a: a.draining, True, id="drained"),
    pytest.param(policies.set_weight(A, 7), lambda a: a.weight, 7, id="a weight"),
    pytest.param(
        policies.set_reserve(A, week=20), lambda a: a.reserve, Reserve(week=20), id="a reserve"
    ),
    pytest.param(policies.add_tag(A, " Big "), lambda a: a.tags, ("big",), id="a tag"),
    pytest.param(policies.set_note(A, " two  words "), lambda a: a.note, "two words", id="a note"),
]


@pytest.mark.parametrize(("change", "read", "value"), ROWS)
def test_a_decision_is_kept_and_told_once(
    change: Change, read: Callable[[Account], object], value: object
) -> None:
    state, events = change(pool("AB"))
    assert read(state.accounts[A]) == value
    assert events == (AccountChanged(account=A),)
    assert change(state) == (state, ())


def test_a_floor_that_is_not_named_stays_as_it_is() -> None:
    state, _ = policies.set_reserve(A, session=5, week=20)(pool("AB"))
    assert after(policies.set_reserve(A, week=0), state).reserve == Reserve(session=5)


def test_tags_are_kept_once_and_in_order() -> None:
    state = pool("AB")
    for word in ("b", "a", "B"):
        state, _ = policies.add_tag(A, word)(state)
    assert state.accounts[A].tags == ("a", "b")
    assert after(policies.drop_tag(A, "A"), state).tags == ("b",)


def test_there_is_an_end_to_tags() -> None:
    state = pool("AB")
    for number in range(policies.MOST_TAGS):
        state, _ = policies.add_tag(A, f"tag{number}")(state)
    with pytest.raises(CoreError, match="at most 20 tags"):
        policies.add_tag(A, "more")(state)


def test_an_account_that_is_gone_is_left_alone() -> None:
    state = pool("B")
    assert policies.set_weight(A, 7)(state) == (state, ())


@pytest.mark.parametrize(
    ("decide", "code"),
    [
        pytest.param(lambda: policies.set_weight(A, 0), "bad_weight", id="no weight"),
        pytest.param(lambda: policies.set_weight(A, 1001), "bad_weight", id="too heavy"),
        pytest.param(lambda: policies.set_reserve(A, week=-1), "bad_reserve", id="less than none"),
        pytest.param(lambda: policies.set_reserve(A, session=100), "bad_reserve", id="everything"),
        pytest.param(
            lambda: policies.set_reserve(A, week=float("nan")), "bad_reserve", id="no number"
        ),
        pytest.param(lambda: policies.add_tag(A, "  "), "bad_tag", id="no tag"),
        pytest.param(lambda: policies.add_tag(A, "x\x00"), "bad_tag", id="unprintable"),
        pytest.param(lambda: policies.set_note(A, "x\x1b[2J"), "bad_note", id="a note that acts"),
    ],
)
def test_nonsense_is_refused(decide: Callable[[], Change], code: str) -> None:
    with pytest.raises(CoreError) as caught:
        decide()
    assert (caught.value.code, caught.value.exit_code) == (code, ExitCode.USAGE)
