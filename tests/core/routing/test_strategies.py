"""Who gets a new thread under each strategy: one row a sentence."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import settings
from core.domain.account import Account, AccountId, Reserve
from core.domain.choices import learn_spent
from core.domain.decision import Shares
from core.domain.observed import Observed, Spent
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.routing.headroom import headroom
from core.routing.shares import next_by_weight
from core.routing.strategies import STRATEGIES, Choosing
from tests.core.routing.pool import NOW, account

A, B, C = AccountId("A"), AccountId("B"), AccountId("C")
H = timedelta(hours=1)
D = timedelta(days=1)


def window(remaining: float | None, resets_in: timedelta | None, *, minutes: int) -> Window:
    kind = WindowKind.SESSION if minutes == 300 else WindowKind.WEEK
    return Window(
        kind=kind,
        minutes=minutes,
        remaining=remaining,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.USAGE,
    )


def quota(
    week: tuple[float | None, timedelta | None] | None = None,
    session: tuple[float | None, timedelta | None] | None = None,
) -> Quota:
    windows = {}
    if week is not None:
        windows["all", WindowKind.WEEK, 10_080] = window(*week, minutes=10_080)
    if session is not None:
        windows["all", WindowKind.SESSION, 300] = window(*session, minutes=300)
    return Quota(windows=windows)


def choose(
    strategy: str,
    observed: Observed,
    *accounts: Account,
    eligible: str = "ABC",
    now: datetime = NOW,
    draw: float = 0.0,
) -> AccountId:
    everyone = accounts or tuple(account(name, n + 1) for n, name in enumerate("ABC"))
    may = tuple(one for one in everyone if one.id in eligible)
    choosing = Choosing(
        everyone=tuple(one.id for one in everyone),
        eligible=may,
        rooms=[headroom(one, observed.quotas.get(one.id, Quota()), now) for one in may],
        observed=observed,
        now=now,
        draw=draw,
    )
    return STRATEGIES[strategy](choosing)


BALANCED = [
    pytest.param(Observed(), A, id="nothing is known: the first"),
    pytest.param(
        Observed(quotas={A: quota((60, 5 * D)), B: quota((60, 1 * D)), C: quota((60, 3 * D))}),
        B,
        id="of equal head-room, what is lost first",
    ),
    pytest.param(
        Observed(quotas={A: quota((20, 3 * D)), B: quota((30, 3 * D)), C: quota((90, 3 * D))}),
        C,
        id="of equal resets, whoever has most left",
    ),
    pytest.param(
        Observed(quotas={A: quota((80, 6 * D)), B: quota((20, 12 * H)), C: quota((90, 6 * D))}),
        B,
        id="a little that is lost tonight goes before much that lasts",
    ),
    pytest.param(
        Observed(
            quotas={
                A: quota((50, 2 * D), session=(3, 2 * H)),
                B: quota((50, 3 * D), session=(90, 2 * H)),
                C: quota((50, 6 * D), session=(90, 2 * H)),
            }
        ),
        B,
        id="a session that is nearly used up makes way",
    ),
    pytest.param(
        Observed(quotas={A: quota((95, 6 * D)), C: quota((90, 6 * D))}),
        A,
        id="of whom nothing is known, half is taken to be left",
    ),
    pytest.param(
        Observed(quotas={A: quota((50, -H)), B: quota((90, 3 * D)), C: quota((40, 3 * D))}),
        B,
        id="a window whose reset has passed is unknown again",
    ),
    pytest.param(
        Observed(
            quotas={
                A: quota(session=(90, 5 * H)),
                B: quota(session=(90, 2 * H)),
                C: quota(session=(90, 4 * H)),
            }
        ),
        B,
        id="plans that only have a session",
    ),
]


@pytest.mark.parametrize(("observed", "chosen"), BALANCED)
def test_balanced_uses_what_would_be_lost(observed: Observed, chosen: AccountId) -> None:
    assert choose("balanced", observed) == chosen


def test_balanced_gives_a_larger_plan_more() -> None:
    observed = Observed(quotas={A: quota((80, 3 * D)), B: quota((40, 3 * D))})
    small, large = account("A", 1, plan="plus"), account("B", 2, plan="pro")
    assert choose("balanced", observed, small, large) == B


def test_balanced_leaves_the_reserve_out_of_the_account() -> None:
    observed = Observed(quotas={A: quota((60, 3 * D)), B: quota((40, 3 * D))})
    kept = account("A", 1, reserve=Reserve(week=50))
    assert choose("balanced", observed, kept, account("B", 2)) == B


DRAIN_FIRST = [
    pytest.param(
        Observed(quotas={A: quota((90, 5 * D)), B: quota((10, 1 * D)), C: quota((90, 3 * D))}),
        B,
        id="what resets soonest is used up, however little it is",
    ),
    pytest.param(
        Observed(quotas={A: quota((100, None)), C: quota((90, 6 * D))}),
        C,
        id="a window that has not begun loses nothing",
    ),
    pytest.param(Observed(), A, id="nothing is known: the first"),
]


@pytest.mark.parametrize(("observed", "chosen"), DRAIN_FIRST)
def test_drain_first_uses_up_what_resets_soonest(observed: Observed, chosen: AccountId) -> None:
    assert choose("drain-first", observed) == chosen


def spent(tokens: int, *, ends: timedelta = D) -> Spent:
    return Spent(tokens=tokens, until=NOW + ends)


LEAST_USED = [
    pytest.param(Observed(), A, id="nobody has used any: the first"),
    pytest.param(Observed(spent={A: spent(10), B: spent(5), C: spent(7)}), B, id="fewest tokens"),
    pytest.param(
        Observed(spent={A: spent(10), B: spent(5), C: spent(900, ends=timedelta(0))}),
        C,
        id="tokens of a window that has ended do not count",
    ),
]


@pytest.mark.parametrize(("observed", "chosen"), LEAST_USED)
def test_least_used_takes_the_fewest_tokens(observed: Observed, chosen: AccountId) -> None:
    assert choose("least-used", observed) == chosen


def test_tokens_are_counted_until_the_longest_window_ends() -> None:
    known = Observed(quotas={A: quota((50, 2 * D), session=(50, 2 * H))})
    counted, _ = learn_spent(A, 100, now=NOW)(known)
    counted, _ = learn_spent(A, 20, now=NOW + D)(counted)
    assert counted.spent[A] == Spent(tokens=120, until=NOW + 2 * D)
    anew, _ = learn_spent(A, 7, now=NOW + 2 * D)(counted)
    assert anew.spent[A] == Spent(tokens=7, until=NOW + 9 * D)


@pytest.mark.parametrize(
    ("draw", "chosen"),
    [(0.0, A), (0.34, B), (0.67, C), (0.999999, C)],
)
def test_random_follows_its_draw(draw: float, chosen: AccountId) -> None:
    assert choose("random", Observed(), draw=draw) == chosen


def test_hybrid_is_another_name_for_round_robin() -> None:
    assert STRATEGIES["hybrid"] is STRATEGIES["round-robin"]


def test_every_strategy_that_can_be_set_exists() -> None:
    assert tuple(STRATEGIES) == settings.STRATEGIES


def shared(weights: list[int], choices: int) -> list[AccountId]:
    accounts = [account(f"a{n:02d}", n + 1, weight=weight) for n, weight in enumerate(weights)]
    known: Shares | None = None
    order = []
    for _ in range(choices):
        chosen, known = next_by_weight(accounts, known)
        order.append(chosen)
    return order


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_after_any_number_of_choices_everyone_is_within_one_of_their_share(
    weights: list[int],
) -> None:
    total = sum(weights)
    counts: Counter[AccountId] = Counter()
    for number, chosen in enumerate(shared(weights, min(2 * total, 400)), start=1):
        counts[chosen] += 1
        for n, weight in enumerate(weights):
            assert abs(counts[AccountId(f"a{n:02d}")] - number * weight / total) < 1


def test_turns_by_weight_are_spread_and_not_in_blocks() -> None:
    assert [str(one) for one in shared([3, 1], 8)] == [
        "a00", "a00", "a01", "a00", "a00", "a00", "a01", "a00"
    ]  # fmt: skip


def test_shares_begin_anew_when_somebody_joins_or_leaves() -> None:
    two = [account("A", 1, weight=5), account("B", 2)]
    _, known = next_by_weight(two, None)
    three = [*two, account("C", 3)]
    _, after = next_by_weight(three, known)
    assert sum(after.chosen) == 1


def test_a_whole_round_is_forgotten() -> None:
    known: Shares | None = None
    for _ in range(7):
        _, known = next_by_weight([account("A", 1, weight=4), account("B", 2, weight=3)], known)
    assert known is not None
    assert known.chosen == (0, 0)


quotas = st.builds(
    quota,
    st.none()
    | st.tuples(
        st.none() | st.floats(0, 100),
        st.none() | st.timedeltas(timedelta(days=-10), timedelta(days=400)),
    ),
    st.none()
    | st.tuples(
        st.none() | st.floats(0, 100),
        st.none() | st.timedeltas(timedelta(hours=-10), timedelta(hours=400)),
    ),
)


@given(
    st.dictionaries(st.sampled_from([A, B, C]), quotas),
    st.sampled_from(settings.STRATEGIES),
    st.sets(st.sampled_from("ABC"), min_size=1),
    st.floats(0, 1, exclude_max=True),
)
def test_a_strategy_names_one_of_the_eligible_and_always_the_same(
    known: dict[AccountId, Quota], strategy: str, eligible: set[str], draw: float
) -> None:
    observed = Observed(quotas=known)
    may = "".join(sorted(eligible))
    chosen = choose(strategy, observed, eligible=may, draw=draw)
    assert chosen in eligible
    assert chosen == choose(strategy, observed, eligible=may, draw=draw)


@given(quotas)
def test_head_room_is_never_negative_and_never_beyond_a_hundred(known: Quota) -> None:
    room = headroom(account("A", 1, reserve=Reserve(session=30, week=60)), known, NOW)
    for left in (room.short, room.long):
        assert left is None or 0 <= left <= 100
    assert room.ends is None or room.ends > NOW
