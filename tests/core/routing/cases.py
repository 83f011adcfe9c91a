"""One request and the world that it meets, for tables and properties about who serves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.decision import (
    Because,
    Decision,
    Verdict,
)
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.domain.settings import RoutingSettings
from core.domain.state import Rotation, RotationMode, State
from core.routing.select import Chances, select
from tests.core.routing.pool import LATER, NOW

T1 = ThreadId("thread-1")
T2 = ThreadId("thread-2")
A, B, C = AccountId("A"), AccountId("B"), AccountId("C")


def waiting(until: datetime = LATER, *, model: str = "") -> tuple[Block, ...]:
    return (Block(because=Because.USAGE_LIMIT, model=model, since=NOW, until=until),)


def resting(seconds: int) -> tuple[Block, ...]:
    until = NOW + timedelta(seconds=seconds)
    return (Block(because=Because.FAILING, model="", since=NOW, until=until),)


def gone() -> tuple[Block, ...]:
    return (Block(because=Because.GONE, model="", since=NOW, until=LATER),)


def verdict_on(decision: Decision, account: AccountId) -> Verdict:
    return next(v for v in decision.verdicts if v.account == account)


def left(
    remaining: float | None,
    *,
    resets_in: timedelta | None = timedelta(days=3),
    kind: WindowKind = WindowKind.WEEK,
    minutes: int = 10_080,
) -> Quota:
    window = Window(
        kind=kind,
        minutes=minutes,
        remaining=remaining,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.HEADERS,
    )
    return Quota(windows={("all", kind, minutes): window})


def of_session(remaining: float, *, resets_in: timedelta = timedelta(hours=3)) -> Quota:
    return left(remaining, resets_in=resets_in, kind=WindowKind.SESSION, minutes=300)


def owned(account: AccountId) -> Owner:
    return Owner(account=account, seen_at=NOW)


@dataclass(frozen=True, kw_only=True)
class Row:
    state: State
    observed: Observed = field(default_factory=Observed)
    thread: ThreadId | None = T1
    parent: ThreadId | None = None
    model: str = "gpt-6.1-sol"
    mid_turn: bool = False
    tried: frozenset[AccountId] = frozenset()
    strategy: str = "sticky"
    settings: RoutingSettings = field(default_factory=RoutingSettings)
    draw: float = 0.0

    def decide(self) -> Decision:
        facts = Facts(
            kind=RequestKind.RESPONSES,
            thread=self.thread,
            parent=self.parent,
            model=self.model,
            mid_turn=self.mid_turn,
        )
        return select(
            state=self.state,
            observed=self.observed,
            facts=facts,
            tried=self.tried,
            chances=Chances(
                settings=replace(self.settings, strategy=self.strategy), now=NOW, draw=self.draw
            ),
        )


def prefer(account: AccountId) -> Rotation:
    return Rotation(mode=RotationMode.USE, account=account)


def stay(account: AccountId, until: datetime | None = None) -> Rotation:
    return Rotation(mode=RotationMode.STAY, account=account, until=until)


PAUSED = Rotation(mode=RotationMode.PAUSED)
