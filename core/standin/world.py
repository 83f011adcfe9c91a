"""What the stand-in knows: its accounts and what time it is. Transitions are pure; `World` holds.

The clock is handed in and can be driven: `World.pass_time` moves this world ahead of it, so that
windows reset and tokens expire without waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.standin import meters, spending
from core.standin.meters import Window
from core.standin.people import Person
from core.standin.spending import Spending

NO_CONSTRAINT = "NO_CONSTRAINT"

SESSION = Window(minutes=300)
WEEK = Window(minutes=10_080, capacity=10_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Bought credits: while there are any, an exhausted window does not stop the account."""

    has: bool = False
    unlimited: bool = False
    balance: str = ""

    @property
    def serve(self) -> bool:
        """True if a request may be paid with them."""
        return self.unlimited or (self.has and float(self.balance or 0) > 0)


NO_CREDITS = Credits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCredit:
    """Empties the account's windows once (`core.standin.reset_credits`).

    Attributes:
        credit_id: what a redemption names.
        granted_at: when it was given.
        expires_at: from when on it is good for nothing.
        title: what the user reads.
        redeemed_at: when it was spent.
        redeem_request_id: by which request.
    """

    credit_id: str
    granted_at: datetime
    expires_at: datetime
    title: str = "Rate limit reset"
    redeemed_at: datetime | None = None
    redeem_request_id: str | None = None

    def status(self, now: datetime) -> str:
        """`available`, `redeemed` or `expired`."""
        if self.redeemed_at is not None:
            return "redeemed"
        return "available" if now < self.expires_at else "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraLimit:
    """A limit of its own for some models, beside the account's windows.

    Attributes:
        limit_id: e.g. `codex_bengalfox`; names the header fields.
        name: what the user reads.
        models: which models count against it, and not against the account's windows.
        primary: its window.
        secondary: its second window, if it has one.
    """

    limit_id: str
    name: str
    models: frozenset[str]
    primary: Window | None
    secondary: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One workspace membership of one user, as the back end sees it.

    On a flexible plan it has `spending` and no windows.
    """

    person: Person
    workspace_name: str = "Personal"
    primary: Window | None = SESSION
    secondary: Window | None = WEEK
    extra: tuple[ExtraLimit, ...] = ()
    credits: Credits = NO_CREDITS
    spending: Spending | None = None
    reset_credits: tuple[ResetCredit, ...] = ()
    origin: str = NO_CONSTRAINT
    routing_override: str = NO_CONSTRAINT

    @property
    def name(self) -> str:
        """What scripts and tests call it."""
        return self.person.name


def as_of(account: Account, now: datetime) -> Account:
    """The account with every window brought to `now`."""

    def move(window: Window | None) -> Window | None:
        return window and meters.at(window, now)

    return replace(
        account,
        primary=move(account.primary),
        secondary=move(account.secondary),
        spending=account.spending and spending.at(account.spending, now),
        extra=tuple(
            replace(limit, primary=move(limit.primary), secondary=move(limit.secondary))
            for limit in account.extra
        ),
    )


def after_use(account: Account, model: str, tokens: int, now: datetime) -> Account:
    """The account after `model` has used `tokens` of its own limit or of the windows."""

    def use(window: Window | None) -> Window | None:
        return window and meters.spent(window, tokens, now)

    paid = account.spending and spending.spent(account.spending, tokens, now)
    after = replace(account, spending=paid)
    limit = extra_limit(account, model)
    if limit is None:
        return replace(after, primary=use(account.primary), secondary=use(account.secondary))
    used = replace(limit, primary=use(limit.primary), secondary=use(limit.secondary))
    return replace(after, extra=tuple(used if one is limit else one for one in account.extra))


def emptied(account: Account) -> Account:
    """The account with both windows empty and not begun."""

    def empty(window: Window | None) -> Window | None:
        return window and replace(window, used_percent=0.0, resets_at=None)

    return replace(account, primary=empty(account.primary), secondary=empty(account.secondary))


def extra_limit(account: Account, model: str) -> ExtraLimit | None:
    """The limit of its own that `model` counts against."""
    return next((limit for limit in account.extra if model in limit.models), None)


def blocked_until(account: Account, model: str) -> datetime | None:
    """When the account serves `model` again; None if it serves now."""
    if account.spending is not None and account.spending.reached:
        # Bought credits are what the limit is about: they do not lift it.
        return account.spending.resets_at
    limit = extra_limit(account, model)
    windows = (
        (account.primary, account.secondary) if limit is None else (limit.primary, limit.secondary)
    )
    resets = [window.resets_at for window in windows if window and window.exhausted]
    times = [reset for reset in resets if reset is not None]
    if not times or (limit is None and account.credits.serve):
        return None
    return max(times)


class World:
    """Every account by name, and the time. The only holder of the stand-in's accounts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` gives aware UTC; `pass_time` runs ahead of it."""
        self._base = now
        self._ahead = timedelta()
        self._accounts: dict[str, Account] = {}

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self._base() + self._ahead

    def pass_time(self, by: timedelta) -> None:
        """Let time pass in this world."""
        self._ahead += by

    def account(self, name: str) -> Account:
        """The account as it stands now. Raises `KeyError` for a name never added."""
        return as_of(self._accounts[name], self.now)

    def put(self, account: Account) -> None:
        """Add the account, or replace the one of the same name."""
        self._accounts[account.name] = as_of(account, self.now)

    def knows(self, name: str) -> bool:
        """Whether an account of this name was added."""
        return name in self._accounts

    def accounts(self) -> tuple[Account, ...]:
        """Every account as it stands now, in the order of their arrival."""
        now = self.now
        return tuple(as_of(account, now) for account in self._accounts.values())
