"""One limit as a bar: how much is left, and where the reserve begins."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.quota import WindowKind
from core.domain.report import AccountReport, WindowReport
from core.words.speech import Speech
from tray.present.limits import main_windows, percent_left, percent_words, window_name

LOW = 20
"""Per cent below which little is left: the mark of the first notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A limit.

    Attributes:
        name: `5 h`, `week`.
        left: whole per cent; None = unknown.
        text: `62 %`, or a dash for what is unknown.
        resets: `14:30`; empty when nobody said.
        reserve: per cent that automation leaves untouched; None = nothing.
        low: whether little is left.
    """

    name: str
    left: int | None
    text: str
    resets: str
    reserve: float | None
    low: bool


def bars(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[Bar, ...]:
    """The windows that limit every model, the short before the long."""
    return tuple(bar(w, account, speech=speech, now=now) for w in main_windows(account))


def bar(window: WindowReport, account: AccountReport, *, speech: Speech, now: datetime) -> Bar:
    """One window of an account."""
    left = percent_left(window, now)
    known = left is not None and window.resets_at is not None
    return Bar(
        name=window_name(window, speech),
        left=left,
        text=speech.say("unknown") if left is None else percent_words(window, speech),
        resets=speech.clock(window.resets_at, now) if known and window.resets_at else "",
        reserve=_reserve(window, account),
        low=left is not None and left < LOW,
    )


def _reserve(window: WindowReport, account: AccountReport) -> float | None:
    match window.kind:
        case WindowKind.SESSION:
            kept = account.reserve.session
        case WindowKind.WEEK:
            kept = account.reserve.week
        case WindowKind.MONTH:
            kept = account.reserve.month
        case _:
            kept = 0.0
    return kept or None
