"""Merging a backup loses no row and no login, can be done twice, and in any order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.merge import Held, Merge, Step, plan
from core.domain.account import Account, AccountId, Identity, Refresher
from core.domain.credentials import Credentials
from core.domain.state import State
from core.storage.backup import Kept, KeptLogin
from tests.core.storage.samples import NOW, account, login

OURS = replace(account(1), refresher=Refresher.TURNTABLE, source=None)
THEIRS = replace(OURS, id=AccountId("acc_theirs"), label="Theirs", number=7)


def credentials(name: str, days: int = 1) -> Credentials:
    return replace(login(name), expires_at=NOW + timedelta(days=days))


def kept(row: Account, fresh: Credentials | None) -> Kept:
    logins = () if fresh is None else (KeptLogin(account=row.id, credentials=fresh),)
    return Kept(accounts=(row,), logins=logins)


def state_of(*rows: Account) -> State:
    highest = max((row.number for row in rows), default=0)
    return State(accounts={row.id: row for row in rows}, next_number=highest + 1)


def held(known: Credentials | None, *, works: bool = True, certain: bool = True) -> Held:
    return Held(credentials=known, works=works, certain=certain)


OLD, NEW = credentials("old", 1), credentials("new", 9)


@pytest.mark.parametrize(
    ("here", "fresh", "merge"),
    [
        pytest.param(held(OLD), NEW, Merge.UNCHANGED, id="our own login works: kept"),
        pytest.param(held(OLD), None, Merge.UNCHANGED, id="no login in the backup"),
        pytest.param(held(None), OLD, Merge.LOGIN, id="there is none here"),
        pytest.param(None, OLD, Merge.LOGIN, id="nothing is known of one here"),
        pytest.param(held(OLD, works=False), NEW, Merge.LOGIN, id="ours is signed out"),
        pytest.param(held(NEW, works=False), OLD, Merge.LOGIN, id="signed out, older backup"),
        pytest.param(held(NEW, works=False), NEW, Merge.UNCHANGED, id="the signed-out one again"),
        pytest.param(held(OLD, certain=False), NEW, Merge.LOGIN, id="ours is provisional, older"),
        pytest.param(held(NEW, certain=False), OLD, Merge.UNCHANGED, id="provisional, newer"),
        pytest.param(held(NEW, certain=False), NEW, Merge.UNCHANGED, id="provisional, the same"),
    ],
)
def test_an_account_that_is_here_gets_a_login_only_where_ours_is_worse(
    here: Held | None, fresh: Credentials | None, merge: Merge
) -> None:
    logins = {} if here is None else {OURS.id: here}
    (step,) = plan(state_of(OURS), logins, kept(THEIRS, fresh))
    assert step.merge is merge
    assert (step.account.id, step.account.label, step.account.number) == (OURS.id, "Work 1", 1)
    assert (step.credentials is not None) == step.unverified == (merge is Merge.LOGIN)


def test_a_new_account_keeps_its_number_and_label_where_they_are_free() -> None:
    (step,) = plan(state_of(account(2)), {}, kept(THEIRS, NEW))
    assert (step.merge, step.account, step.unverified) == (Merge.ADDED, THEIRS, True)


def test_a_number_and_a_label_that_are_taken_are_not_taken_away() -> None:
    rival = replace(account(7), label="theirs")
    (step,) = plan(state_of(rival), {}, kept(THEIRS, NEW))
    assert (step.account.number, step.account.label) == (8, "Theirs 2")


def test_a_login_that_is_refreshed_elsewhere_stays_so_and_is_no_doubt() -> None:
    row = replace(THEIRS, refresher=Refresher.ELSEWHERE, source="auth.json of a home")
    (step,) = plan(state_of(OURS), {OURS.id: held(None)}, kept(row, NEW))
    assert (step.account.refresher, step.account.source) == (row.refresher, row.source)
    assert not step.unverified


class World:
    """State and logins, with steps applied as the shell applies them."""

    def __init__(self) -> None:
        self.state = State()
        self.logins: dict[AccountId, Credentials] = {}
        self.doubted: set[AccountId] = set()

    def held(self) -> Mapping[AccountId, Held]:
        return {
            row.id: Held(
                credentials=self.logins.get(row.id),
                works=True,
                certain=row.refresher is Refresher.TURNTABLE and row.id not in self.doubted,
            )
            for row in self.state.accounts.values()
        }

    def merge(self, backup: Kept) -> tuple[Step, ...]:
        steps = plan(self.state, self.held(), backup)
        for step in steps:
            row = step.account
            if step.merge is Merge.UNCHANGED:
                continue
            if step.credentials is not None:
                self.logins[row.id] = step.credentials
            (self.doubted.add if step.unverified else self.doubted.discard)(row.id)
            after = {**self.state.accounts, row.id: row}
            number = max(self.state.next_number, row.number + 1)
            self.state = State(accounts=after, next_number=number)
        return steps

    def known(self) -> dict[Identity, Credentials | None]:
        return {row.identity: self.logins.get(row.id) for row in self.state.accounts.values()}


@st.composite
def backups(draw: st.DrawFn, source: str) -> Kept:
    """A few of five people, each with some login or none."""
    rows, logins = [], []
    for person in draw(st.lists(st.integers(1, 5), unique=True)):
        row = replace(
            account(person),
            id=AccountId(f"acc_{source}_{person}"),
            number=draw(st.integers(1, 4)) if source == "x" else person,
            label=draw(st.sampled_from(["Work", "work", "Home"])),
            refresher=draw(st.sampled_from(Refresher)),
        )
        rows.append(row)
        if draw(st.booleans()):
            fresh = credentials(f"{source}{person}", draw(st.integers(1, 3)))
            logins.append(KeptLogin(account=row.id, credentials=fresh))
    return Kept(accounts=tuple(rows), logins=tuple(logins))


@given(backups("x"), backups("y"))
def test_a_second_time_nothing_is_done(first: Kept, second: Kept) -> None:
    world = World()
    world.merge(first)
    world.merge(second)
    before = (world.state, dict(world.logins))
    for backup in (first, second, first):
        assert {step.merge for step in world.merge(backup)} <= {Merge.UNCHANGED}
    assert (world.state, world.logins) == before


@given(backups("x"), backups("y"), backups("z"))
def test_in_any_order_the_same_accounts_have_the_same_logins(a: Kept, b: Kept, c: Kept) -> None:
    worlds = []
    for order in ((a, b, c), (c, a, b), (b, c, a), (c, b, a)):
        world = World()
        for backup in order:
            world.merge(backup)
        worlds.append(world.known())
    assert all(world == worlds[0] for world in worlds)


@given(backups("x"), backups("y"))
def test_no_row_no_number_and_no_label_is_lost_or_given_twice(first: Kept, second: Kept) -> None:
    world = World()
    world.merge(first)
    rows = dict(world.state.accounts)
    world.merge(second)
    after = world.state.accounts
    assert set(rows) <= set(after)
    for id_, row in rows.items():
        assert (after[id_].number, after[id_].label) == (row.number, row.label)
    numbers = [row.number for row in after.values()]
    labels = [row.label.casefold() for row in after.values()]
    assert len(set(numbers)) == len(numbers)
    assert len(set(labels)) == len(labels)
    people = {row.identity for row in (*first.accounts, *second.accounts)}
    assert {row.identity for row in after.values()} == people
