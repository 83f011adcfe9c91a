"""Pools, rules and profiles travel by names: what was closed is never open on the other side."""

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.export import Export, read_export, to_export
from core.accounts.export_rules import Sent, settled_here
from core.domain.account import Account, AccountId
from core.domain.errors import CoreError
from core.domain.profiles import BUILT_IN, make_profile
from core.domain.rules import (
    Otherwise,
    Pool,
    PoolId,
    Project,
    Rule,
    RuleNumber,
    Rules,
    Unknown,
)
from core.domain.ruling import replace_rules
from core.domain.state import Removed, State
from tests.core.routing.pool import NOW, account

A, B = account("A", 1), account("B", 2)
WORK = Pool(id=PoolId("pool_work"), name="Work", accounts=(A.id, B.id))


def rule(number: int, **named: Any) -> Rule:
    return replace(Rule(number=RuleNumber(number), folder=Project(f"/{number}")), **named)


def here(*accounts: Account, rules: tuple[Rule, ...] = (), **more: Any) -> State:
    return State(
        accounts={one.id: one for one in accounts},
        pools={WORK.id: WORK},
        rules=Rules(rules=rules, **more),
    )


def there(*accounts: Account) -> State:
    """Another machine: the same people under other ids."""
    moved = [replace(one, id=AccountId(f"other-{one.id}")) for one in accounts]
    return State(accounts={one.id: one for one in moved})


def sent(state: State, **more: Any) -> Export:
    return read_export(to_export({}, state, made_at=NOW, **more))


def arrived(export: Export, state: State) -> State:
    assert isinstance(export.rules, Sent)
    numbers = count(1)
    pools, rules = settled_here(export.rules, state, lambda: PoolId(f"pool_{next(numbers)}"))
    return replace_rules(pools, rules)(state)[0]


def test_pools_and_rules_name_the_same_people_under_the_ids_of_the_other_machine() -> None:
    rules = (
        rule(1, pool=WORK.id, models=("gpt-*",)),
        rule(4, accounts=(B.id,), model="o3", client="editor"),
    )
    unknown = Unknown(otherwise=Otherwise.POOL, pool=WORK.id)
    state = arrived(sent(here(A, B, rules=rules, unknown=unknown, next_number=9)), there(A, B))
    (work,) = state.pools.values()
    assert (work.name, work.accounts) == ("Work", ("other-A", "other-B"))
    first, second = state.rules.rules
    assert (first.number, first.folder, first.pool, first.models) == (1, "/1", work.id, ("gpt-*",))
    assert (second.accounts, second.model, second.client) == (("other-B",), "o3", "editor")
    assert state.rules.unknown == Unknown(otherwise=Otherwise.POOL, pool=work.id)
    assert state.rules.next_number == 5


def test_a_pool_of_the_same_name_keeps_its_id_so_that_clients_still_name_it() -> None:
    other = replace(there(A), pools={PoolId("mine"): Pool(id=PoolId("mine"), name="WORK")})
    state = arrived(sent(here(A, B)), other)
    assert list(state.pools) == ["mine"]
    assert state.pools[PoolId("mine")].accounts == ("other-A",)


def test_who_is_not_here_is_missing_from_the_pool_and_nobody_takes_the_place() -> None:
    state = arrived(sent(here(A, B, rules=(rule(1, pool=WORK.id),))), there())
    assert [pool.accounts for pool in state.pools.values()] == [()]


def test_a_rule_none_of_whose_accounts_is_here_is_not_made_into_one_for_everybody() -> None:
    export = sent(here(A, B, rules=(rule(1, accounts=(B.id,)),)))
    with pytest.raises(CoreError) as caught:
        arrived(export, there(A))
    assert caught.value.code == "accounts_absent"
    assert arrived(export, there(A, B)).rules.rules[0].accounts == ("other-B",)


def test_an_account_that_was_removed_for_good_opens_nothing_either() -> None:
    export = sent(here(A, rules=(rule(1, accounts=(AccountId("acc_gone"),)),)))
    with pytest.raises(CoreError):
        arrived(export, there(A, B))


def test_an_account_that_can_be_put_back_travels() -> None:
    state = replace(here(A), removed={B.id: Removed(account=B, at=NOW)})
    assert [len(pool.accounts) for pool in arrived(sent(state), there(A, B)).pools.values()] == [2]


def test_a_rule_whose_pool_has_gone_serves_nobody_there_either() -> None:
    state = arrived(sent(here(A, rules=(rule(1, pool=PoolId("pool_gone")),))), there(A))
    (only,) = state.rules.rules
    assert only.pool is not None
    assert only.pool not in state.pools


def test_profiles_travel_but_for_those_that_come_with_the_program() -> None:
    mine = make_profile("mine", {"routing.strategy": "sticky"})
    export = sent(here(A), profiles=(*BUILT_IN.values(), mine))
    assert export.profiles == (mine,)


def test_an_export_of_before_says_nothing_about_rules() -> None:
    document = json.loads(to_export({}, here(A), made_at=NOW))
    del document["ruled"], document["profiles"]
    export = read_export(json.dumps(document))
    assert (export.rules, export.profiles) == (None, ())


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"pools": 3}, id="no pools"),
        pytest.param({"pools": [{"name": "x" * 300, "accounts": []}]}, id="an endless name"),
        pytest.param({"pools": [{"name": "x"}]}, id="half a pool"),
        pytest.param({"pools": [{"name": "x", "accounts": [{"user": 1}]}]}, id="no person"),
        pytest.param({"pools": [{"name": "x", "accounts": []}] * 1001}, id="too many"),
        pytest.param({"rules": [{"number": 1}]}, id="half a rule"),
        pytest.param({"unknown": {"otherwise": "perhaps", "pool": None}}, id="another word"),
        pytest.param({"unknown": {}}, id="no word"),
    ],
)
def test_rules_that_are_none_are_named_as_a_damaged_file(spoil: dict[str, object]) -> None:
    document = json.loads(to_export({}, here(A, rules=(rule(1),)), made_at=NOW))
    document["ruled"] |= spoil
    with pytest.raises(CoreError) as caught:
        read_export(json.dumps(document))
    assert caught.value.code == "export_broken"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param({"number": True}, id="a number that is a word"),
        pytest.param({"number": 0}, id="no rule's number"),
        pytest.param({"folder": 3}, id="no folder"),
        pytest.param({"folder": "/a\0b"}, id="a zero byte"),
        pytest.param({"models": "gpt"}, id="no list"),
    ],
)
def test_one_part_of_a_rule_that_does_not_fit_is_enough(one: dict[str, object]) -> None:
    document = json.loads(to_export({}, here(A, rules=(rule(1),)), made_at=NOW))
    document["ruled"]["rules"][0] |= one
    with pytest.raises(CoreError):
        read_export(json.dumps(document))


people = st.lists(st.sampled_from([A.id, B.id]), max_size=2, unique=True).map(tuple)
rules = st.lists(
    st.builds(
        rule,
        st.integers(1, 20),
        folder=st.sampled_from(["", "/work", "/wörk dir", "C:/x"]).map(Project),
        model=st.sampled_from(["gpt-*", "o3"]),
        pool=st.none() | st.just(WORK.id),
        accounts=people,
        models=st.lists(st.sampled_from(["a", "b*"]), max_size=2).map(tuple),
    ),
    max_size=5,
    unique_by=(lambda one: one.number, lambda one: (one.folder, one.model)),
)


@given(rules, st.sampled_from(list(Otherwise)))
def test_there_and_back_again_is_the_same(found: list[Rule], otherwise: Otherwise) -> None:
    pool = WORK.id if otherwise is Otherwise.POOL else None
    state = here(A, B, rules=tuple(found), unknown=Unknown(otherwise=otherwise, pool=pool))
    assert arrived(sent(state), state).rules.rules == state.rules.rules
    assert arrived(sent(state), state).pools == state.pools
    assert arrived(sent(state), state).rules.unknown == state.rules.unknown
