"""Pools and rules as the user changes them: what holds, what is refused, what is never lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.domain.account import AccountId
from core.domain.client import Client, ClientId
from core.domain.errors import CoreError
from core.domain.events import RulesChanged
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
from core.domain.ruling import (
    MOST_POOLS,
    MOST_RULES,
    add_rule,
    add_to_pool,
    clear_rules,
    drop_pool,
    drop_rule,
    find_pool,
    put_pool,
    replace_rules,
    set_unknown,
    take_from_pool,
    users_of,
)
from core.domain.state import Change, State, put_client

A, B, C = AccountId("acc_a"), AccountId("acc_b"), AccountId("acc_c")
WORK = Pool(id=PoolId("pool_work"), name="Work")
HOME = Pool(id=PoolId("pool_home"), name="home")
TOOL = Client(
    id=ClientId("cl_1"),
    label="my-tool",
    token_sha256="0" * 64,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def after(*changes: Change, state: State | None = None) -> State:
    """What is left of these changes, one after the other."""
    state = state or State()
    for change in changes:
        state, _ = change(state)
    return state


def folder(path: str, pool: Pool | None = WORK) -> Rule:
    return Rule(number=RuleNumber(0), folder=Project(path), pool=None if pool is None else pool.id)


def test_an_account_may_be_in_several_pools() -> None:
    state = after(
        put_pool(WORK), put_pool(HOME), add_to_pool(WORK.id, (A, B)), add_to_pool(HOME.id, (A,))
    )
    assert [pool.accounts for pool in state.pools.values()] == [(A, B), (A,)]


def test_an_account_is_in_a_pool_once_and_stays_where_it_is() -> None:
    state = after(put_pool(WORK), add_to_pool(WORK.id, (A, B)), add_to_pool(WORK.id, (B, C, A)))
    assert state.pools[WORK.id].accounts == (A, B, C)
    assert after(take_from_pool(WORK.id, (B,)), state=state).pools[WORK.id].accounts == (A, C)


def test_what_changes_nothing_announces_nothing() -> None:
    state = after(put_pool(WORK), add_to_pool(WORK.id, (A,)), add_rule(folder("/work")))
    unchanged: tuple[Change, ...] = (
        put_pool(state.pools[WORK.id]),
        add_to_pool(WORK.id, (A,)),
        add_to_pool(PoolId("pool_gone"), (A,)),
        take_from_pool(WORK.id, (B,)),
        drop_pool(PoolId("pool_gone")),
        drop_rule(RuleNumber(7)),
        set_unknown(Unknown()),
        replace_rules(state.pools.values(), state.rules),
        clear_rules(),
    )
    for change in unchanged[:-1]:
        assert change(state) == (state, ())
    assert clear_rules()(after(clear_rules(), state=state))[1] == ()


def test_every_change_is_announced() -> None:
    state = State()
    for change in (
        put_pool(WORK),
        add_to_pool(WORK.id, (A,)),
        add_rule(folder("/work")),
        set_unknown(Unknown(otherwise=Otherwise.ANY)),
        drop_rule(RuleNumber(1)),
        drop_pool(WORK.id),
        clear_rules(),
    ):
        state, events = change(state)
        assert events == (RulesChanged(),)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("  ", "bad_pool", id="a name of blanks is none"),
        pytest.param("x" * 61, "bad_pool", id="a name that no list can show"),
        pytest.param("a\nb", "bad_pool", id="two lines become one"),
        pytest.param("any", "bad_pool", id="a word of `rule unknown` is no name"),
        pytest.param("WORK", "pool_taken", id="names differ by more than their case"),
    ],
)
def test_a_name_that_would_confuse_is_refused(name: str, code: str) -> None:
    state = after(put_pool(WORK))
    if name == "a\nb":
        assert after(put_pool(replace(HOME, name=name)), state=state).pools[HOME.id].name == "a b"
        return
    with pytest.raises(CoreError) as caught:
        after(put_pool(replace(HOME, name=name)), state=state)
    assert caught.value.code == code


def test_a_pool_that_is_named_stays_and_it_is_said_by_whom() -> None:
    state = after(
        put_pool(WORK),
        add_rule(folder("/work")),
        add_rule(Rule(number=RuleNumber(0), model="gpt-*", pool=WORK.id)),
        set_unknown(Unknown(otherwise=Otherwise.POOL, pool=WORK.id)),
        put_client(replace(TOOL, pool=WORK.id)),
    )
    with pytest.raises(CoreError) as caught:
        after(drop_pool(WORK.id), state=state)
    assert caught.value.code == "pool_in_use"
    assert caught.value.message == (
        "“Work” is named by rule 1, rule 2, the entry for unknown folders, "
        "the client “my-tool”; nothing was changed."
    )
    assert users_of(state, WORK.id) == (
        state.rules.rules,
        True,
        tuple(state.clients.values()),
    )


def test_a_pool_goes_by_force_with_its_rules_and_nobody_else_serves_its_client() -> None:
    state = after(
        put_pool(WORK),
        put_pool(HOME),
        add_rule(folder("/work")),
        add_rule(folder("/home", HOME)),
        set_unknown(Unknown(otherwise=Otherwise.POOL, pool=WORK.id)),
        put_client(replace(TOOL, pool=WORK.id)),
        drop_pool(WORK.id, force=True),
    )
    assert tuple(state.pools) == (HOME.id,)
    assert [rule.number for rule in state.rules.rules] == [2]
    assert state.rules.unknown == Unknown()
    assert state.clients[TOOL.id].pool == WORK.id


def test_a_rules_number_is_never_given_again() -> None:
    state = after(
        add_rule(folder("/a", None)), add_rule(folder("/b", None)), drop_rule(RuleNumber(2))
    )
    assert after(add_rule(folder("/c", None)), state=state).rules.rules[-1].number == 3
    state = after(clear_rules(), state=state)
    assert after(add_rule(folder("/c", None)), state=state).rules.rules[-1].number == 3


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(
            Rule(number=RuleNumber(0), pool=WORK.id), "bad_rule", id="it names nothing at all"
        ),
        pytest.param(
            Rule(number=RuleNumber(0), model="m" * 201), "bad_rule", id="a model of a page"
        ),
        pytest.param(
            Rule(number=RuleNumber(0), client="a\tb"), "bad_rule", id="a client with a tab"
        ),
        pytest.param(
            Rule(number=RuleNumber(0), model="m", models=("a",) * 51),
            "bad_rule",
            id="more models than anybody reads",
        ),
        pytest.param(folder("/work", HOME), "rule_exists", id="two rules for exactly the same"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(rule: Rule, code: str) -> None:
    state = after(put_pool(WORK), put_pool(HOME), add_rule(folder("/work")))
    with pytest.raises(CoreError) as caught:
        after(add_rule(rule), state=state)
    assert caught.value.code == code


def test_there_is_an_end_to_pools_and_rules() -> None:
    pools = [Pool(id=PoolId(f"pool_{n}"), name=f"pool {n}") for n in range(MOST_POOLS)]
    state = after(*[put_pool(pool) for pool in pools])
    with pytest.raises(CoreError, match="100 pools"):
        after(put_pool(WORK), state=state)
    rules = tuple(replace(folder(f"/{n}", None), number=RuleNumber(n)) for n in range(MOST_RULES))
    with pytest.raises(CoreError, match="500 rules"):
        after(add_rule(folder("/x", None)), state=State(rules=Rules(rules=rules)))


@pytest.mark.parametrize("typed", ["work", " WORK ", "pool_work"])
def test_a_pool_is_found_by_its_name_or_id(typed: str) -> None:
    assert find_pool(after(put_pool(WORK)), typed) == WORK


def test_a_pool_that_is_not_there_is_named() -> None:
    with pytest.raises(CoreError, match="No pool is called “Play”"):
        find_pool(after(put_pool(WORK)), "Play")


def test_rules_name_folders_as_soon_as_one_does() -> None:
    assert not after(add_rule(Rule(number=RuleNumber(0), model="m"))).rules.name_folders
    assert after(add_rule(folder("/work"))).rules.name_folders


def test_all_rules_are_replaced_or_none() -> None:
    state = after(put_pool(HOME), add_rule(folder("/home", HOME)))
    wanted = Rules(rules=(replace(folder("/work"), number=RuleNumber(5)),))
    done = after(replace_rules((WORK,), wanted), state=state)
    assert tuple(done.pools) == (WORK.id,)
    assert [rule.number for rule in done.rules.rules] == [5]
    assert done.rules.next_number == 6
    twice = replace(wanted, rules=(*wanted.rules, *wanted.rules))
    with pytest.raises(CoreError):
        after(replace_rules((WORK,), twice), state=state)
