"""forecast and best: what is to be expected, and who is best for a new thread now."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.rotation import nobody_can_serve, read_duration, steered_to
from core.domain.account import AccountId
from core.domain.decision import Use
from core.domain.facts import Facts, RequestKind
from core.domain.forecast import PoolPoint, WindowForecast
from core.domain.quota import Quota
from core.domain.report import VerdictReport
from core.domain.state import Rotation, RotationMode, steer
from core.routing import forecast as routing
from core.routing.ahead import look_ahead, room_of
from core.routing.select import Chances, select
from core.words import forecast as words
from core.words import quota as quota_words


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowExpected:
    """What becomes of one window; `text` is the same in a sentence."""

    kind: str
    minutes: int
    remaining: float | None
    per_hour: float | None
    runs_out_at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    resets_at: datetime | None
    expires_unused: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExpected:
    """One account's windows."""

    id: AccountId
    label: str
    windows: tuple[WindowExpected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The answer of `forecast`.

    Attributes:
        verdict: how the pool stands.
        in_use: who gets a new chat now.
        next: who would after that one.
        accounts: every account's windows.
        ahead: what all have left together from now on; empty unless it was asked for.
    """

    verdict: VerdictReport
    in_use: AccountId | None
    next: AccountId | None
    accounts: tuple[AccountExpected, ...]
    ahead: tuple[PoolPoint, ...]


async def forecast(app: App, arguments: Arguments) -> Expected:
    """Who runs out when, who is next, what will be lost, and how the pool stands."""
    now = app.clock.now()
    found = routing.forecast(app.state, app.observed, _chances(app))
    labels = {account.id: account.label for account in app.state.accounts.values()}
    return Expected(
        verdict=VerdictReport(
            state=found.pool.state.value,
            until=found.pool.until,
            text=words.pool_sentence(found.pool, labels, now, app.speech),
        ),
        in_use=found.in_use,
        next=found.next,
        accounts=tuple(
            AccountExpected(
                id=account.id,
                label=account.label,
                windows=tuple(
                    _expected(app, window, now)
                    for window in found.windows
                    if window.account == account.id
                ),
            )
            for account in app.state.accounts.values()
        ),
        ahead=_ahead(app, arguments.text("ahead"), now),
    )


def _ahead(app: App, span: str | None, now: datetime) -> tuple[PoolPoint, ...]:
    """What those have left together who take part, and of whom something is known."""
    if span is None:
        return ()
    rooms = [
        room_of(account, app.observed.quotas.get(account.id, Quota()), now)
        for account in app.state.accounts.values()
        if account.enabled and not account.paused
    ]
    return look_ahead([room for room in rooms if room is not None], now, read_duration(span))


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The answer of `best`."""

    account: AccountId
    label: str
    used: bool
    messages: tuple[str, ...]


async def best(app: App, arguments: Arguments) -> Best:
    """Who would get a new thread now, were nothing steered; with `use` it is preferred."""
    decision = select(
        state=replace(app.state.unruled(), rotation=Rotation()),
        observed=app.observed,
        facts=Facts(kind=RequestKind.RESPONSES),
        tried=frozenset(),
        chances=_chances(app),
    )
    if not isinstance(decision, Use):
        raise nobody_can_serve(app, "nothing_can_serve", "No account can serve now.")
    account = app.state.accounts[decision.account]
    quota = app.observed.quotas.get(account.id, Quota())
    left = quota_words.left(quota, app.clock.now(), app.speech)
    messages = [
        app.speech.say("{label}: {left}.", label=account.label, left=left)
        if left
        else app.speech.say("{label}; nobody has said what is left.", label=account.label)
    ]
    used = arguments.flag("use")
    if used:
        preferred = Rotation(mode=RotationMode.USE, account=account.id)
        await app.folder.store.change(steer(preferred))
        messages.extend(steered_to(app, account, preferred))
    return Best(account=account.id, label=account.label, used=used, messages=tuple(messages))


def _chances(app: App) -> Chances:
    return Chances(settings=app.settings.routing, now=app.clock.now(), draw=app.draw())


def _expected(app: App, window: WindowForecast, now: datetime) -> WindowExpected:
    return WindowExpected(
        kind=window.kind.value,
        minutes=window.minutes,
        remaining=window.remaining,
        per_hour=window.per_hour,
        runs_out_at=window.runs_out_at,
        earliest=window.earliest,
        latest=window.latest,
        resets_at=window.resets_at,
        expires_unused=window.expires_unused,
        text=words.window_sentence(window, now, app.speech),
    )
