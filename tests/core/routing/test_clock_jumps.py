"""A clock that jumps, back and forth, by years: decisions are made, and nothing waits for ever."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.choices import forget_old_threads
from core.domain.decision import Refuse, Use, Wait
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.health import FARTHEST
from core.domain.observed import (
    Observed,
    begin_trial,
    learn_outcome,
    learn_quota,
    learn_usage,
)
from core.domain.outcome import (
    Challenged,
    Failing,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Served,
)
from core.domain.settings import STRATEGIES, RoutingSettings
from core.domain.thread_owners import own_thread
from core.quota.parse import quota_from_headers
from core.quota.schedule import next_question
from core.routing.forecast import forecast
from core.routing.select import Chances, select
from tests.core.routing.pool import NOW, pool

STATE = pool("AB")
THREAD = ThreadId("t")
accounts = st.sampled_from([AccountId("A"), AccountId("B")])
jumps = st.integers(-2 * 365 * 86_400, 2 * 365 * 86_400).map(lambda s: timedelta(seconds=s))
spans = st.integers(-(10**9), 10**9).map(lambda s: timedelta(seconds=s))
outcomes: st.SearchStrategy[Outcome | None] = st.one_of(
    st.none(),
    st.just(Served(status=200)),
    st.just(Challenged()),
    st.just(Gone(status=402, code="deactivated_workspace")),
    st.builds(Failing, status=st.just(503), code=st.just(""), retry_after_s=st.floats(0, 1e9)),
    st.builds(
        Limited,
        reason=st.sampled_from(LimitReason),
        until=st.none() | spans.map(lambda span: NOW + span),
        model=st.sampled_from(["", "m"]),
    ),
)
steps = st.lists(st.tuples(jumps, accounts, outcomes, st.integers(-5, 105), spans), max_size=12)


type Step = tuple[timedelta, AccountId, Outcome | None, int, timedelta]


def after(observed: Observed, step: Step, now: datetime) -> Observed:
    """What is known after one answer, learned at a time that the next one may deny."""
    _, account, outcome, used, resets_in = step
    head = [
        (b"x-codex-primary-used-percent", str(used).encode()),
        (b"x-codex-primary-window-minutes", b"300"),
        (b"x-codex-primary-reset-at", str((now + resets_in).timestamp()).encode()),
    ]
    quota = quota_from_headers(head, now=now)
    lessons = [
        begin_trial(account, now=now),
        own_thread(THREAD, account, now=now, fresh_for=timedelta(minutes=1)),
        forget_old_threads(now=now, affinity=timedelta(days=1)),
    ]
    if quota is not None:
        lessons += [learn_quota(account, quota), learn_usage(account, quota, now=now)]
    if outcome is not None:
        lessons.append(learn_outcome(account, outcome, model="m", now=now))
    for lesson in lessons:
        observed, _ = lesson(observed)
    return observed


@given(steps, st.sampled_from(STRATEGIES), jumps)
def test_whatever_the_clock_does_a_decision_is_made_and_every_wait_ends(
    history: list[Step], strategy: str, last_jump: timedelta
) -> None:
    observed, now, latest = Observed(), NOW, NOW
    for step in history:
        now += step[0]
        latest = max(latest, now)
        observed = after(observed, step, now)
    now += last_jump
    chances = Chances(settings=RoutingSettings(strategy=strategy), now=now)
    decision = select(
        state=STATE,
        observed=observed,
        facts=Facts(kind=RequestKind.RESPONSES, thread=THREAD, model="m"),
        tried=frozenset(),
        chances=chances,
    )
    assert isinstance(decision, Use | Wait | Refuse)
    forecast(STATE, observed, chances)
    due = next_question(STATE, observed, asked={}, every=timedelta(minutes=2), now=now)
    assert due is not None
    assert due[0] <= now + timedelta(minutes=2)
    # A year after the latest time that any clock has shown nobody waits for anything.
    much_later = max(latest, now) + FARTHEST + timedelta(seconds=1)
    settled = select(
        state=STATE,
        observed=observed,
        facts=Facts(kind=RequestKind.RESPONSES, thread=THREAD, model="m"),
        tried=frozenset(),
        chances=Chances(settings=RoutingSettings(strategy=strategy), now=much_later),
    )
    assert isinstance(settled, Use)
    assert all(verdict.eligible for verdict in settled.verdicts)
