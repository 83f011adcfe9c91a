"""Months of made-up work against real window arithmetic, to see what each strategy makes of it.

Pure: a trace in, a score out. Accounts have a session and a week that begin with their first use;
turns come in the trace's order, and every decision is the program's own `select`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.domain.account import Account, AccountId, Identity, Refresher
from core.domain.choices import forget_old_threads, learn_choice, learn_spent
from core.domain.decision import Use
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.observed import (
    Observed,
    learn_outcome,
    learn_quota,
)
from core.domain.outcome import Limited, LimitReason, Served
from core.domain.quota import EVERYTHING, Quota, QuotaSource, Window, WindowKind
from core.domain.settings import RoutingSettings
from core.domain.state import State
from core.domain.thread_owners import own_thread
from core.routing.select import Chances, select

START = datetime(2026, 1, 5, tzinfo=UTC)
"""When every trace begins: a Monday."""
SESSION = timedelta(hours=5)
WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpAccount:
    """One account: tokens that fill its session and its week."""

    plan: str
    session: int
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpTurn:
    """One turn: seconds after the start, its thread, and the tokens that it uses."""

    at_s: float
    thread: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Work for a pool; turns in the order of their times."""

    accounts: tuple[MadeUpAccount, ...]
    turns: tuple[MadeUpTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a strategy made of a trace.

    Attributes:
        strategy: which.
        served: share of turns that an account served at once, 0–1.
        unused: share of each week that was left when it reset, 0–1, by the plans' sizes.
        moves: threads that changed accounts, per hundred threads.
        fairness: 1 = every account was used in proportion to its size, 1/n = one alone (Jain).
    """

    strategy: str
    served: float
    unused: float
    moves: float
    fairness: float


def run(trace: Trace, strategy: str, *, draws: Sequence[float]) -> Score:
    """Let a strategy do the work of a trace; `draws` are taken in turn, again and again."""
    pool = _Pool(trace, strategy)
    for number, turn in enumerate(trace.turns):
        pool.turn(turn, draws[number % len(draws)])
    return pool.score()


@dataclass(slots=True, kw_only=True)
class _Meter:
    """A window that begins with its first use."""

    capacity: int
    length: timedelta
    used: int = 0
    ends: datetime | None = None
    left_over: list[float]

    def at(self, now: datetime) -> None:
        if self.ends is not None and now >= self.ends:
            self.left_over.append(max(0.0, 1 - self.used / self.capacity))
            self.used, self.ends = 0, None

    def use(self, tokens: int, now: datetime) -> None:
        self.used += tokens
        if self.ends is None:
            self.ends = now + self.length

    @property
    def full(self) -> bool:
        return self.used >= self.capacity

    def window(self, now: datetime) -> Window:
        minutes = int(self.length / timedelta(minutes=1))
        return Window(
            kind=WindowKind.SESSION if self.length == SESSION else WindowKind.WEEK,
            minutes=minutes,
            remaining=max(0.0, 100 - 100 * self.used / self.capacity),
            resets_at=self.ends or now + self.length,
            scope=EVERYTHING,
            observed_at=now,
            source=QuotaSource.HEADERS,
        )


class _Pool:
    """The accounts at work."""

    def __init__(self, trace: Trace, strategy: str) -> None:
        accounts = [_account(number, made) for number, made in enumerate(trace.accounts, start=1)]
        self._sizes = {a.id: made.week for a, made in zip(accounts, trace.accounts, strict=True)}
        self._meters: Mapping[AccountId, tuple[_Meter, _Meter]] = {
            account.id: (
                _Meter(capacity=made.session, length=SESSION, left_over=[]),
                _Meter(capacity=made.week, length=WEEK, left_over=[]),
            )
            for account, made in zip(accounts, trace.accounts, strict=True)
        }
        self._state = State(accounts={a.id: a for a in accounts}, next_number=len(accounts) + 1)
        self._observed = Observed()
        self._settings = RoutingSettings(strategy=strategy)
        self._swept = START
        self._tokens = dict.fromkeys(self._sizes, 0)
        self._asked, self._served, self._moves = 0, 0, 0
        self._threads: set[str] = set()

    def turn(self, turn: MadeUpTurn, draw: float) -> None:
        now = START + timedelta(seconds=turn.at_s)
        self._sweep(now)
        self._asked += 1
        self._threads.add(turn.thread)
        thread = ThreadId(turn.thread)
        tried: frozenset[AccountId] = frozenset()
        while True:
            decision = select(
                state=self._state,
                observed=self._observed,
                facts=Facts(kind=RequestKind.RESPONSES, thread=thread, model="m"),
                tried=tried,
                chances=Chances(settings=self._settings, now=now, draw=draw),
            )
            if not isinstance(decision, Use):
                return
            if self._send(decision, thread, turn.tokens, now):
                return
            tried |= {decision.account}

    def score(self) -> Score:
        """Everything in numbers."""
        left = [
            (share, self._sizes[account])
            for account, (_, week) in self._meters.items()
            for share in week.left_over
        ]
        shares = [self._tokens[account] / size for account, size in self._sizes.items()]
        squares = len(shares) * sum(share * share for share in shares)
        weight = sum(size for _, size in left)
        return Score(
            strategy=self._settings.strategy,
            served=self._served / max(1, self._asked),
            unused=sum(share * size for share, size in left) / weight if weight else 0.0,
            moves=100 * self._moves / max(1, len(self._threads)),
            fairness=sum(shares) ** 2 / squares if squares else 1.0,
        )

    def _send(self, use: Use, thread: ThreadId, tokens: int, now: datetime) -> bool:
        """One attempt, and what is learned from it; whether it was served."""
        account = use.account
        session, week = self._meters[account]
        session.at(now)
        week.at(now)
        full = [meter.ends for meter in (session, week) if meter.full and meter.ends is not None]
        if full:
            limited = Limited(reason=LimitReason.USAGE_LIMIT, until=max(full))
            self._learn(learn_outcome(account, limited, model="m", now=now)(self._observed))
            return False
        session.use(tokens, now)
        week.use(tokens, now)
        self._served += 1
        self._tokens[account] += tokens
        self._moves += use.moved_from is not None
        quota = Quota(
            windows={
                (w.scope, w.kind, w.minutes): w for w in (session.window(now), week.window(now))
            }
        )
        self._learn(learn_outcome(account, Served(status=200), model="m", now=now)(self._observed))
        self._learn(learn_quota(account, quota)(self._observed))
        self._learn(learn_spent(account, tokens, now=now)(self._observed))
        self._learn(own_thread(thread, account, now=now, fresh_for=timedelta(0))(self._observed))
        if use.shares is not None:
            self._learn(learn_choice(use.shares)(self._observed))
        return True

    def _learn(self, learned: tuple[Observed, object]) -> None:
        self._observed = learned[0]

    def _sweep(self, now: datetime) -> None:
        if now - self._swept >= _DAY:
            self._swept = now
            affinity = timedelta(seconds=self._settings.affinity_ttl_s)
            self._learn(forget_old_threads(now=now, affinity=affinity)(self._observed))


def _account(number: int, made: MadeUpAccount) -> Account:
    name = f"made-up-{number:03d}"
    return Account(
        id=AccountId(name),
        number=number,
        identity=Identity(user=name, workspace=name),
        label=name,
        email="",
        plan=made.plan,
        fedramp=False,
        refresher=Refresher.ELSEWHERE,
        source=None,
        workspace_name="",
        enabled=True,
        paused=False,
        added_at=START,
        weight=max(1, min(1000, made.week // 1_000_000)),
    )
