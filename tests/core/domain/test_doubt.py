"""A doubt about a refresh token is kept until a newer login, or the user, ends it."""

import pytest

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.doubt import doubted, verified
from core.domain.events import AccountChanged
from core.domain.observed import Observed

A, B = AccountId("a"), AccountId("b")
CHANGED = (AccountChanged(account=A),)


@pytest.mark.parametrize(
    ("known", "because", "after"),
    [
        pytest.param(None, Because.IN_DOUBT, Because.IN_DOUBT, id="cut off in a renewal"),
        pytest.param(None, Because.RESTORED, Because.RESTORED, id="from a backup"),
        pytest.param(Because.IN_DOUBT, Because.RESTORED, Because.RESTORED, id="the worse counts"),
        pytest.param(Because.RESTORED, Because.IN_DOUBT, Because.RESTORED, id="in any order"),
        pytest.param(Because.IN_DOUBT, Because.IN_DOUBT, Because.IN_DOUBT, id="said again"),
    ],
)
def test_the_heavier_doubt_counts(known: Because | None, because: Because, after: Because) -> None:
    before = Observed(unverified={} if known is None else {A: known})

    doubtful, events = doubted(A, because)(before)

    assert doubtful.unverified == {A: after}
    assert events == (() if known is after else CHANGED)


@pytest.mark.parametrize("known", [Because.IN_DOUBT, Because.RESTORED])
def test_a_newer_login_ends_any_doubt_of_its_account(known: Because) -> None:
    before = Observed(unverified={A: known, B: Because.RESTORED})

    after, events = verified(A)(before)

    assert after.unverified == {B: Because.RESTORED}
    assert events == CHANGED


def test_where_there_is_no_doubt_nothing_ends() -> None:
    assert verified(A)(Observed()) == (Observed(), ())
