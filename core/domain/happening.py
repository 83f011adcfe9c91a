"""What a person wants to be told: the difference between two snapshots, as values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because
from core.domain.quota import EVERYTHING, WindowKind
from core.domain.report import AccountReport, StatusReport, WindowReport
from core.domain.settings import NotifySettings

_SAME_TIME = timedelta(minutes=1)


class HappeningKind(StrEnum):
    """What may happen; each has a switch of its own, `notify.<kind>`."""

    WAITING = "waiting"
    """An account starts to wait; another one continues."""
    BACK = "back"
    """An account that waited is available again."""
    LOW = "low"
    """Little is left of a window."""
    EMPTY = "empty"
    """Nobody can serve any more."""
    SIGN_IN = "sign_in"
    """An account needs a new sign-in, and its user has not signed out of it."""
    ROUTING = "routing"
    """Codex was routed here, and is not any more, without the person's doing."""
    MOVED = "moved"
    """Open chats go on with another account."""
    CREDIT = "credit"
    """A reset credit expires within a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened.

    Attributes:
        kind: what.
        account: whom it is about; None = the whole.
        label: what that account is called.
        until: when it ends by itself, or when the window resets.
        window: of `low` and `waiting`: kind and minutes; None where it is no limit's.
        left: of `low`: per cent.
        other: of `waiting` and `moved`: who continues.
        thread: of `moved`: the chat; empty where there are several.
        chat: what that chat is called, where somebody has looked; else empty.
        count: of `moved`: how many chats.
    """

    kind: HappeningKind
    account: AccountId | None = None
    label: str = ""
    until: datetime | None = None
    window: tuple[str, int] | None = None
    left: float | None = None
    other: str = ""
    thread: str = ""
    chat: str = ""
    count: int = 1


def happenings(
    before: StatusReport, after: StatusReport, settings: NotifySettings
) -> tuple[Happening, ...]:
    """What happened between two snapshots of the same engine, the gravest first."""
    return (
        *_routing(before, after),
        *_empty(before, after),
        *_moved(before, after),
        *(
            happening
            for account in after.accounts
            for happening in _account(_known(before, account), account, after, settings)
        ),
    )


def outline(report: StatusReport) -> object:
    """What happenings are made of, in whole per cent; between equal outlines nothing happens."""
    accounts = tuple(
        (
            account.id,
            account.state,
            account.reset_credit_soon,
            tuple(-1 if w.remaining is None else int(w.remaining) for w in account.windows),
        )
        for account in report.accounts
    )
    return report.bind.state, report.proxy.listening, accounts, report.moves


def is_told(happening: Happening, settings: NotifySettings) -> bool:
    """Whether the person wants to hear of this kind at all."""
    return getattr(settings, happening.kind.value) is True


def is_quiet(settings: NotifySettings, now: datetime, zone: tzinfo) -> bool:
    """Whether it is quiet at `now`; hours that nobody can read are none."""
    begin, end = _clock(settings.quiet_from), _clock(settings.quiet_until)
    if begin is None or end is None or begin == end:
        return False
    local = now.astimezone(zone).time()
    if begin < end:
        return begin <= local < end
    return local >= begin or local < end


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip().zfill(5)) if text.strip() else None
    except ValueError:
        return None


def _known(report: StatusReport, account: AccountReport) -> AccountReport | None:
    return next((a for a in report.accounts if a.id == account.id), None)


def _routing(before: StatusReport, after: StatusReport) -> Iterator[Happening]:
    broke = before.bind.state == "bound" and after.bind.state in ("drifted", "broken")
    deaf = before.proxy.listening and not after.proxy.listening
    if broke or deaf:
        yield Happening(kind=HappeningKind.ROUTING)


def _empty(before: StatusReport, after: StatusReport) -> Iterator[Happening]:
    could = any(a.state == AccountState.READY for a in before.accounts)
    can = any(a.state == AccountState.READY for a in after.accounts)
    if not could or can:
        return
    returning = [a for a in after.accounts if a.until is not None]
    first = min(returning, key=lambda a: (a.until, a.number), default=None)
    yield Happening(
        kind=HappeningKind.EMPTY,
        account=None if first is None else first.id,
        label="" if first is None else first.label,
        until=None if first is None else first.until,
    )


def _moved(before: StatusReport, after: StatusReport) -> Iterator[Happening]:
    """Chats that left an account, told together where several go to the same one."""
    labels = {account.id: account.label for account in after.accounts}
    fresh = [move for move in after.moves if move not in before.moves]
    for goal in dict.fromkeys(move.moved_to for move in fresh):
        here = [move for move in fresh if move.moved_to == goal]
        chats = {move.thread: move for move in here}
        only = here[-1] if len(chats) == 1 else None
        yield Happening(
            kind=HappeningKind.MOVED,
            account=None if only is None else only.moved_from,
            other=labels.get(goal, ""),
            thread="" if only is None else only.thread,
            count=len(chats),
        )


def _account(
    before: AccountReport | None,
    after: AccountReport,
    report: StatusReport,
    settings: NotifySettings,
) -> Iterator[Happening]:
    if before is None:
        return
    following = next((a for a in report.accounts if a.id == report.rotation.next), None)
    moved = before.state != after.state
    skipped = after.reason == Because.SKIPPED
    if moved and after.state == AccountState.WAITING and following is not None and not skipped:
        yield Happening(
            kind=HappeningKind.WAITING,
            account=after.id,
            label=after.label,
            until=after.until,
            window=_used_up(after),
            other=following.label,
        )
    if moved and before.state == AccountState.WAITING and after.state == AccountState.READY:
        yield Happening(kind=HappeningKind.BACK, account=after.id, label=after.label)
    by_hand = after.reason == Because.SIGNED_OUT
    if moved and after.state == AccountState.NEEDS_SIGN_IN and not by_hand:
        yield Happening(kind=HappeningKind.SIGN_IN, account=after.id, label=after.label)
    if after.reset_credit_soon and not before.reset_credit_soon:
        yield Happening(
            kind=HappeningKind.CREDIT,
            account=after.id,
            label=after.label,
            until=after.reset_credit_ends,
        )
    if after.state == AccountState.READY:
        yield from _low(before, after, settings)


def _used_up(account: AccountReport) -> tuple[str, int] | None:
    """The limit that has nothing left for as long as the account waits."""
    for window in account.windows:
        if window.resets_at is None or account.until is None or not _counts(window):
            continue
        # The two times are said by different answers, each in seconds of its own.
        same_end = abs(window.resets_at - account.until) < _SAME_TIME
        if same_end and window.remaining is not None and window.remaining < 1:
            return window.kind, window.minutes
    return None


def _low(
    before: AccountReport, after: AccountReport, settings: NotifySettings
) -> Iterator[Happening]:
    """The lowest mark that a window has passed; a window that was unknown has passed none."""
    then = {(w.kind, w.minutes): w for w in before.windows if _counts(w)}
    marks = sorted((settings.very_low_percent, settings.low_percent))
    for window in after.windows:
        earlier = then.get((window.kind, window.minutes))
        if not _counts(window) or earlier is None:
            continue
        had, has = earlier.remaining, window.remaining
        if had is None or has is None:
            continue
        if any(has < mark <= had for mark in marks):
            yield Happening(
                kind=HappeningKind.LOW,
                account=after.id,
                label=after.label,
                until=window.resets_at,
                window=(window.kind, window.minutes),
                left=has,
            )


def _counts(window: WindowReport) -> bool:
    return window.scope == EVERYTHING and window.kind != WindowKind.SPEND
