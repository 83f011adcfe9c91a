"""What happened, as values on the bus. Names and times; no token, no content."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.budgets import BudgetNumber
from core.domain.facts import ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    """The user's record of an account is new or different."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationChanged:
    """The user steers differently."""

    mode: str
    account: AccountId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesChanged:
    """The user changed a pool or a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLearned:
    """Numbers of an account's limits came in."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBlocked:
    """An account serves nothing (or not one model) until `until`."""

    account: AccountId
    because: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBack:
    """A block of this account ended on fresh evidence."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPaused:
    """Several accounts failed at once: nobody is asked until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChallenged:
    """The network in front of the back end turns us away: nobody is asked until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInEnded:
    """The account's login is not taken any more."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMoved:
    """A conversation goes on with another account."""

    thread: ThreadId
    moved_from: AccountId
    moved_to: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAsks:
    """A conversation's account is back at `until`: shall it wait? It moves at `moves_at`."""

    thread: ThreadId
    account: AccountId
    until: datetime
    moves_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPinned:
    """The user keeps a conversation on an account; None: it may go anywhere again."""

    thread: ThreadId
    account: AccountId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnded:
    """A request came to its end; the ledger has its row."""

    request: str
    account: AccountId | None
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetsChanged:
    """The user has set or removed a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUsedUp:
    """So much was used that a budget lets no more through until then."""

    number: BudgetNumber
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BindChanged:
    """Codex is routed here, or is not any more."""

    state: str


class Surface(StrEnum):
    """What of the desktop face may be asked for."""

    WINDOW = "window"
    PANEL = "panel"
    """The glance panel beside the tray."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRequested:
    """Somebody asked to see us: a second start, `turntable show`, or `turntable panel`."""

    surface: Surface = Surface.WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultOpened:
    """The logins were locked, and are at hand now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStopping:
    """The engine was asked to end; whoever watches it stops watching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalAwaited:
    """The engine would have ended; it still waits for the issuer's answer to a renewed login."""


type Event = (
    AccountChanged
    | RotationChanged
    | RulesChanged
    | QuotaLearned
    | AccountBlocked
    | AccountBack
    | PoolPaused
    | NetworkChallenged
    | SignInEnded
    | ThreadMoved
    | ThreadAsks
    | ThreadPinned
    | RequestEnded
    | BudgetsChanged
    | BudgetUsedUp
    | BindChanged
    | ShowRequested
    | VaultOpened
    | EngineStopping
    | RenewalAwaited
)
