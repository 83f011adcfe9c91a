"""What the user chose, and how it changes."""

from datetime import timedelta

import pytest

from core.domain.account import AccountId, Identity
from core.domain.events import AccountChanged, RotationChanged
from core.domain.state import (
    Rotation,
    RotationMode,
    State,
    pause_rotation,
    put_account,
    resume_rotation,
    rotation_at,
    steer,
)
from tests.core.routing.pool import LATER, NOW, account, pool

A, B = AccountId("A"), AccountId("B")


def test_an_account_is_added_behind_the_others_and_the_next_number_goes_on() -> None:
    after, events = put_account(account("C", 3))(pool("AB"))

    assert list(after.accounts) == ["A", "B", "C"]
    assert after.next_number == 4
    assert events == (AccountChanged(account=AccountId("C")),)


def test_a_changed_account_keeps_its_place_and_uses_no_number_up() -> None:
    after, _ = put_account(account("A", 1, label="Work"))(pool("AB"))

    assert [a.label for a in after.accounts.values()] == ["Work", "B"]
    assert after.next_number == 3


def test_a_number_is_never_given_again() -> None:
    state = State(next_number=9)

    after, _ = put_account(account("A", 1))(state)

    assert after.next_number == 9


def test_an_account_is_found_by_user_and_workspace_together() -> None:
    state = pool("AB")

    assert state.find(Identity(user="user-B", workspace="workspace-B")) == state.accounts[B]
    assert state.find(Identity(user="user-A", workspace="workspace-B")) is None


@pytest.mark.parametrize(
    "rotation",
    [
        pytest.param(Rotation(mode=RotationMode.USE, account=A), id="use"),
        pytest.param(
            Rotation(mode=RotationMode.STAY, account=B, until=LATER), id="stay for a time"
        ),
        pytest.param(Rotation(mode=RotationMode.PAUSED), id="paused"),
        pytest.param(Rotation(), id="auto"),
    ],
)
def test_steering_is_kept_and_told(rotation: Rotation) -> None:
    after, events = steer(rotation)(pool("AB"))

    assert after.rotation == rotation
    assert events == (RotationChanged(mode=rotation.mode.value, account=rotation.account),)


def test_nobody_is_steered_to_an_account_that_is_gone() -> None:
    state = pool("A")

    assert steer(Rotation(mode=RotationMode.STAY, account=B))(state) == (state, ())


@pytest.mark.parametrize(
    ("lasts", "mode"),
    [
        pytest.param(timedelta(seconds=1), RotationMode.STAY, id="until its end it holds"),
        pytest.param(timedelta(0), RotationMode.AUTO, id="at its very end it is over"),
        pytest.param(timedelta(seconds=-1), RotationMode.AUTO, id="after its end it is over"),
    ],
)
def test_a_stay_for_a_time_ends_by_the_clock(lasts: timedelta, mode: RotationMode) -> None:
    state = pool("AB", Rotation(mode=RotationMode.STAY, account=A, until=NOW + lasts))

    assert rotation_at(state, NOW).mode is mode


def test_a_stay_without_an_end_holds_for_ever() -> None:
    state = pool("AB", Rotation(mode=RotationMode.STAY, account=A))

    assert rotation_at(state, NOW + timedelta(days=9999)) == state.rotation


USE = Rotation(mode=RotationMode.USE, account=A)
STAY = Rotation(mode=RotationMode.STAY, account=B, until=LATER)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(Rotation(), id="automatic"),
        pytest.param(USE, id="use"),
        pytest.param(STAY, id="stay for a time"),
    ],
)
def test_a_pause_returns_to_what_was_before(before: Rotation) -> None:
    paused, _ = pause_rotation(NOW + timedelta(minutes=1), NOW)(pool("AB", before))
    longer, _ = pause_rotation(NOW + timedelta(minutes=2), NOW)(paused)
    resumed, events = resume_rotation()(longer)

    assert rotation_at(longer, NOW).mode is RotationMode.PAUSED
    assert rotation_at(longer, NOW + timedelta(minutes=2)) == before
    assert resumed.rotation == before
    assert events == (RotationChanged(mode=before.mode.value, account=before.account),)


def test_what_ended_during_a_pause_does_not_come_back() -> None:
    paused, _ = pause_rotation(LATER + timedelta(hours=1), NOW)(pool("AB", STAY))

    assert rotation_at(paused, LATER + timedelta(hours=1)) == Rotation()


def test_resuming_without_a_pause_changes_nothing() -> None:
    state = pool("AB", STAY)

    assert resume_rotation()(state) == (state, ())
