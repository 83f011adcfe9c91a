"""Any domain value, as Hypothesis draws it."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from core.domain.account import Account, AccountId
from core.domain.budgets import Budget
from core.domain.client import Client
from core.domain.decision import Because, Shares, Turn, Verdict
from core.domain.facts import ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner, Spent
from core.domain.quota import Credits, Quota, Window
from core.domain.rules import Pool, Rules
from core.domain.state import Rotation, State
from core.domain.usage import RequestRecord

# Hypothesis wants the bounds naive; what it draws is aware.
_FIRST, _LAST = datetime(1971, 1, 1), datetime(9000, 1, 1)  # noqa: DTZ001
moments = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
fractions = st.floats(allow_nan=False, allow_infinity=False)
account_ids = st.sampled_from([AccountId(f"acc_{letter}") for letter in "abcde"])
thread_ids = st.text(max_size=8).map(ThreadId)

_OURS: dict[Any, st.SearchStrategy[Any]] = {
    datetime: moments,
    datetime | None: st.none() | moments,
    float: fractions,
    float | None: st.none() | fractions,
    # What a pause holds back: one level of it is enough.
    Rotation | None: st.none()
    | st.builds(Rotation, account=st.none() | account_ids, until=st.none() | moments),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type; times aware and numbers finite, as the domain promises."""
    if hint in _OURS:
        return _OURS[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{item.name: any_of(hints[item.name]) for item in fields(hint)})
    if hint is Verdict:  # a named tuple, no dataclass
        hints = get_type_hints(Verdict)
        return st.builds(Verdict, **{name: any_of(hints[name]) for name in Verdict._fields})
    if get_origin(hint) is tuple:
        return st.lists(any_of(get_args(hint)[0]), max_size=3).map(tuple)
    return st.from_type(hint)


def quotas() -> st.SearchStrategy[Quota]:
    windows = st.lists(any_of(Window), max_size=4).map(
        lambda found: {(w.scope, w.kind, w.minutes): w for w in found}
    )
    return st.builds(
        Quota,
        windows=windows,
        credits=st.none() | any_of(Credits),
        plan=st.none() | st.text(max_size=5),
    )


def states() -> st.SearchStrategy[State]:
    def by_id(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.lists(values, max_size=3).map(lambda found: {one.id: one for one in found})

    chosen = st.builds(
        State,
        rotation=any_of(Rotation),
        next_number=st.integers(1, 99),
        pins=st.dictionaries(thread_ids, account_ids, max_size=3),
        clients=by_id(any_of(Client)),
        pools=by_id(any_of(Pool)),
        rules=any_of(Rules),
        budgets=st.lists(any_of(Budget), max_size=3).map(
            lambda found: {one.number: one for one in found}
        ),
    )
    return st.builds(_with_accounts, chosen, st.lists(any_of(Account), max_size=5))


def _with_accounts(state: State, accounts: list[Account]) -> State:
    by_number = {account.number: account for account in accounts}
    by_id = {account.id: account for _, account in sorted(by_number.items())}
    highest = max((account.number for account in by_id.values()), default=0)
    return replace(state, accounts=by_id, next_number=max(state.next_number, highest + 1))


def observations() -> st.SearchStrategy[Observed]:
    def by_account(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[AccountId, Any]]:
        return st.dictionaries(account_ids, values, max_size=4)

    return st.builds(
        Observed,
        quotas=by_account(quotas()),
        blocks=by_account(any_of(tuple[Block, ...])),
        signed_out=by_account(st.sampled_from(Because)),
        owners=st.dictionaries(thread_ids, any_of(Owner), max_size=4),
        last_used=by_account(moments),
        last_chosen=st.none() | account_ids,
        shares=st.none()
        | st.builds(
            Shares,
            weights=st.lists(st.tuples(account_ids, st.integers(1, 9)), max_size=3).map(tuple),
            chosen=st.lists(st.integers(0, 9), max_size=3).map(tuple),
        ),
        spent=by_account(any_of(Spent)),
        turns=st.dictionaries(st.text(max_size=6), any_of(Turn), max_size=3),
    )


def requests() -> st.SearchStrategy[RequestRecord]:
    return any_of(RequestRecord)
