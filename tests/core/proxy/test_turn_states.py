"""A turn state goes to the account that made it, and to nobody else."""

import pytest

from core.domain.account import AccountId
from core.proxy.turn_states import TurnStates

A, B = AccountId("A"), AccountId("B")


@pytest.mark.parametrize(
    ("account", "moved", "sent"),
    [
        pytest.param(A, False, True, id="its maker gets it back"),
        pytest.param(B, True, False, id="the account that the thread just moved to does not"),
        pytest.param(B, False, False, id="nor does that account later in the same turn"),
        pytest.param(A, True, True, id="a thread that moves back to its maker brings it"),
    ],
)
def test_a_known_state_goes_to_its_maker_only(account: AccountId, moved: bool, sent: bool) -> None:
    states = TurnStates()
    states.made(b"state of A", A)
    assert states.may_be_sent(b"state of A", account, moved=moved) is sent


@pytest.mark.parametrize("moved", [True, False])
def test_an_unknown_state_stays_with_the_owner(moved: bool) -> None:
    assert TurnStates().may_be_sent(b"from before our start", A, moved=moved) is not moved


def test_the_memory_is_bounded_and_forgets_what_is_not_used() -> None:
    states = TurnStates(most=2)
    states.made(b"1", A)
    states.made(b"2", A)
    assert states.may_be_sent(b"1", A, moved=True)  # used: 2 is now the one seen longest ago
    states.made(b"3", A)
    assert states.may_be_sent(b"1", A, moved=True)
    assert not states.may_be_sent(b"2", A, moved=True)
