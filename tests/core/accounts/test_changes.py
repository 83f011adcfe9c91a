"""What the user does to an account changes that account, and ends what relied on it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.accounts.changes import put_back, remove, rename, set_enabled, set_paused
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.events import AccountChanged, RotationChanged
from core.domain.state import Change, Rotation, RotationMode, State
from tests.core.routing.pool import NOW, pool

A, B = AccountId("A"), AccountId("B")
STAY = Rotation(mode=RotationMode.STAY, account=A, until=NOW + timedelta(hours=1))
USE = Rotation(mode=RotationMode.USE, account=A)
ENDED = RotationChanged(mode="auto", account=None)


def test_a_label_is_set_with_single_spaces() -> None:
    after, events = rename(A, "  Client   A ")(pool("AB"))
    assert after.accounts[A].label == "Client A"
    assert events == (AccountChanged(account=A),)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        pytest.param("", "bad_label", id="empty"),
        pytest.param("   ", "bad_label", id="blank"),
        pytest.param("x" * 65, "bad_label", id="too long"),
        pytest.param("a\x1b[2Jb", "bad_label", id="control characters"),
        pytest.param("#3", "bad_label", id="looks like a number"),
        pytest.param("42", "bad_label", id="is a number"),
        pytest.param("b", "label_taken", id="another's label in another case"),
    ],
)
def test_a_label_that_would_confuse_is_refused(label: str, code: str) -> None:
    with pytest.raises(CoreError) as caught:
        rename(A, label)(pool("AB"))
    assert caught.value.code == code


def test_the_case_of_a_label_can_be_changed() -> None:
    after, _ = rename(A, "a")(pool("AB"))
    assert after.accounts[A].label == "a"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(rename(A, "A"), id="the same label"),
        pytest.param(set_enabled(A, True), id="enabled already"),
        pytest.param(set_paused(A, False), id="not paused"),
        pytest.param(rename(AccountId("gone"), "X"), id="an account that is gone"),
        pytest.param(set_paused(AccountId("gone"), True), id="pausing one that is gone"),
        pytest.param(remove(AccountId("gone"), at=NOW), id="removing one that is gone"),
    ],
)
def test_what_changes_nothing_announces_nothing(change: Change) -> None:
    state = pool("AB")
    assert change(state) == (state, ())


@pytest.mark.parametrize(
    ("change", "rotation", "ends"),
    [
        pytest.param(set_enabled(A, False), STAY, True, id="disabling ends stay"),
        pytest.param(set_enabled(A, False), USE, False, id="disabling keeps use"),
        pytest.param(set_paused(A, True), STAY, False, id="pausing keeps stay"),
        pytest.param(remove(A, at=NOW), STAY, True, id="removing ends stay"),
        pytest.param(remove(A, at=NOW), USE, True, id="removing ends use"),
        pytest.param(remove(B, at=NOW), STAY, False, id="removing another keeps stay"),
        pytest.param(
            remove(A, at=NOW),
            Rotation(mode=RotationMode.PAUSED),
            False,
            id="a pause is about nobody",
        ),
    ],
)
def test_steering_ends_with_the_account_that_it_needs(
    change: Change, rotation: Rotation, ends: bool
) -> None:
    after, events = change(pool("AB", rotation))
    assert after.rotation == (Rotation() if ends else rotation)
    assert (ENDED in events) is ends


def test_a_pause_does_not_return_to_an_account_that_is_gone() -> None:
    paused = Rotation(mode=RotationMode.PAUSED, before=STAY)
    after, _ = remove(A, at=NOW)(pool("AB", paused))
    assert after.rotation == Rotation(mode=RotationMode.PAUSED, before=Rotation())


def test_a_removed_number_is_not_given_again() -> None:
    after, _ = remove(B, at=NOW)(pool("AB"))
    assert list(after.accounts) == [A]
    assert after.next_number == 3


def test_a_removed_account_comes_back_where_it_was() -> None:
    state = pool("ABC")
    removed, _ = remove(A, at=NOW)(state)
    back, events = put_back(state.accounts[A])(removed)
    assert list(back.accounts) == [A, B, AccountId("C")]
    assert back == state
    assert events == (AccountChanged(account=A),)


def test_an_account_does_not_come_back_under_a_label_that_another_took() -> None:
    state = pool("AB")
    removed, _ = remove(A, at=NOW)(state)
    renamed, _ = rename(B, "A")(removed)
    with pytest.raises(CoreError, match="already called"):
        put_back(state.accounts[A])(renamed)
    back, _ = put_back(replace(state.accounts[A], label="A 2"))(renamed)
    assert isinstance(back, State)
    assert len(back.accounts) == 2
