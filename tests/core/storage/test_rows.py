"""The rows that differ, applied to a file, make it hold what is in memory."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis.strategies import DataObject, characters, data, integers

from core.domain.account import AccountId
from core.domain.observed import Observed
from core.domain.rules import Project, Rule, RuleNumber, Rules
from core.domain.state import State
from core.storage.rows import (
    DamagedRow,
    Kinds,
    Row,
    checksum,
    differences,
    observed_kinds,
    read_observed,
    read_state,
    state_kinds,
)
from tests.core.storage.samples import account
from tests.core.storage.strategies import observations, states

type File = dict[tuple[str, str], str]


def applied(file: File, rows: tuple[Row, ...]) -> File:
    changed = dict(file)
    for row in rows:
        if row.document is None:
            del changed[row.kind, row.key]
        else:
            changed[row.kind, row.key] = row.document
    return changed


def rows_in(file: File) -> list[Row]:
    return [Row(kind=kind, key=key, document=text) for (kind, key), text in sorted(file.items())]


def from_nothing(empty: Kinds, kinds: Kinds) -> File:
    return applied({}, differences({kind: {} for kind in empty}, kinds))


@given(states(), states())
def test_a_file_follows_every_change_of_the_state(before: State, after: State) -> None:
    file = from_nothing(state_kinds(State()), state_kinds(before))
    file = applied(file, differences(state_kinds(before), state_kinds(after)))
    assert read_state(rows_in(file)) == (after, ())


@given(observations(), observations())
def test_a_file_follows_everything_that_is_learned(before: Observed, after: Observed) -> None:
    file = from_nothing(observed_kinds(Observed()), observed_kinds(before))
    file = applied(file, differences(observed_kinds(before), observed_kinds(after)))
    assert read_observed(rows_in(file)) == (after, ())


@given(observations())
def test_nothing_is_written_when_nothing_differs(observed: Observed) -> None:
    copy = Observed(**{item.name: getattr(observed, item.name) for item in fields(Observed)})
    assert differences(observed_kinds(observed), observed_kinds(copy)) == ()


def test_an_empty_file_is_an_empty_state() -> None:
    assert read_state([]) == (State(), ())
    assert read_observed([]) == (Observed(), ())


def test_only_the_account_that_changed_is_written() -> None:
    one, two = account(1), account(2)
    before = State(accounts={one.id: one, two.id: two}, next_number=3)
    after = State(accounts={one.id: one, two.id: account(2)}, next_number=3)
    assert differences(state_kinds(before), state_kinds(after)) == ()
    after = State(accounts={one.id: one}, next_number=3)
    gone = Row(kind="account", key=two.id, document=None)
    assert differences(state_kinds(before), state_kinds(after)) == (gone,)


def test_a_damaged_row_is_named_and_the_others_count() -> None:
    one = account(1)
    file = from_nothing(
        state_kinds(State()), state_kinds(State(accounts={one.id: one}, next_number=2))
    )
    file["account", "acc_other"] = "{cut of"
    state, damaged = read_state(rows_in(file))
    assert state.accounts == {one.id: one}
    assert damaged == (DamagedRow(kind="account", key="acc_other", reason="not JSON"),)


def summed(rows: list[Row]) -> list[Row]:
    """The rows as they are written: each with its checksum."""
    return [replace(r, checksum=checksum(r.kind, r.key, r.document or "")) for r in rows]


@given(states(), observations())
def test_what_is_as_it_was_written_is_not_called_damaged(state: State, observed: Observed) -> None:
    rows = rows_in(from_nothing(state_kinds(State()), state_kinds(state)))
    assert read_state(summed(rows)) == (state, ())
    rows = rows_in(from_nothing(observed_kinds(Observed()), observed_kinds(observed)))
    assert read_observed(summed(rows)) == (observed, ())


@given(states(), data())
def test_one_changed_letter_anywhere_is_noticed(state: State, draw: DataObject) -> None:
    rows = summed(rows_in(from_nothing(state_kinds(State()), state_kinds(state))))
    at = draw.draw(integers(0, len(rows) - 1), "which row")
    text = rows[at].document or ""
    place = draw.draw(integers(0, len(text) - 1), "which letter")
    letter = draw.draw(characters().filter(lambda other: other != text[place]), "made into")
    rows[at] = replace(rows[at], document=text[:place] + letter + text[place + 1 :])
    _, damaged = read_state(rows)
    assert [(row.kind, row.key) for row in damaged] == [(rows[at].kind, rows[at].key)]


def test_an_account_with_a_wrong_letter_still_counts() -> None:
    one = account(1)
    rows = summed(
        rows_in(from_nothing(state_kinds(State()), state_kinds(State(accounts={one.id: one}))))
    )
    altered = [
        replace(row, document=(row.document or "").replace(one.label, "Wrok")) for row in rows
    ]
    state, damaged = read_state(altered)
    assert state.accounts == {one.id: replace(one, label="Wrok")}
    assert [(row.kind, row.counts) for row in damaged] == [("account", True)]


def test_a_number_is_not_given_twice_when_its_row_is_damaged() -> None:
    seven = account(7)
    file = from_nothing(state_kinds(State()), state_kinds(State(accounts={seven.id: seven})))
    file["next_number", ""] = "?"
    state, _ = read_state(rows_in(file))
    assert state.next_number == 8


@pytest.mark.parametrize("document", ["{cut of", '{"rules":7}', '{"unknown":{"otherwise":"?"}}'])
def test_rules_that_cannot_be_read_forbid_everything(document: str) -> None:
    rules = Rules(rules=(Rule(number=RuleNumber(1), folder=Project("/work")),))
    file = from_nothing(state_kinds(State()), state_kinds(State(rules=rules)))
    assert read_state(rows_in(file))[0].rules == rules
    file["rules", ""] = document
    state, damaged = read_state(rows_in(file))
    assert state.rules == Rules(unreadable=True)
    assert [row.kind for row in damaged] == ["rules"]


def test_rules_with_a_wrong_letter_forbid_everything_too() -> None:
    rules = Rules(rules=(Rule(number=RuleNumber(1), folder=Project("/work")),))
    rows = summed(rows_in(from_nothing(state_kinds(State()), state_kinds(State(rules=rules)))))
    altered = [
        replace(row, document=(row.document or "").replace("/work", "/wrok")) for row in rows
    ]
    assert read_state(altered)[0].rules == Rules(unreadable=True)


def test_a_kind_of_a_later_version_is_left_alone() -> None:
    assert read_state([Row(kind="unheard_of", key="work", document="{}")]) == (State(), ())


def test_accounts_stand_in_the_order_of_their_numbers() -> None:
    accounts = {AccountId(f"acc_{9 - n}"): account(n) for n in (10, 2, 1)}
    file = from_nothing(state_kinds(State()), state_kinds(State(accounts=accounts)))
    state, _ = read_state(rows_in(file))
    assert [found.number for found in state.accounts.values()] == [1, 2, 10]


def test_every_part_is_kept_or_meant_to_be_forgotten() -> None:
    short_lived = {"asked", "failures", "paused_until", "challenged_until", "unrenewed", "used_up"}
    short_lived |= {"moves", "credit_ends"}  # for messages: told at once, or asked for anew
    assert len(state_kinds(State())) == len(fields(State))
    assert len(observed_kinds(Observed())) == len(fields(Observed)) - len(short_lived)
    assert short_lived <= {item.name for item in fields(Observed)}
