"""The glance panel as a value: a verdict, a row for each account, and who is back when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.domain.decision import AccountState
from core.domain.quota import EVERYTHING
from core.domain.report import AccountReport, StatusReport, VerdictReport
from core.words import quota as words
from core.words.speech import Speech
from tray.present.account_actions import account_actions
from tray.present.bars import Bar, bars
from tray.present.entries import Choice, Local
from tray.present.focus import account_in_focus
from tray.present.headline import headline, standing
from tray.present.joining import ways_to_join
from tray.present.limits import (
    is_stale,
    main_windows,
    pace_sentence,
    percent_left,
    window_name,
    window_sentence,
)
from tray.present.names import shown_name, shown_plan
from tray.present.tone import Tone

SHOWN = 12
"""Accounts that a glance can take in; the others are in the window."""

_ON_TIMELINE = 5
_AT_ONE_TIME = 3
_GRAVE = {"enough": Tone.GOOD, "tight": Tone.WARN, "empty": Tone.BAD}
_NEEDS_A_HAND = frozenset(
    {AccountState.NEEDS_SIGN_IN, AccountState.UNVERIFIED, AccountState.OUT_OF_SERVICE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRow:
    """One account.

    Attributes:
        id: of the account.
        name: cleaned, on one line.
        plan: `Plus`; empty when unknown.
        state: why it does not serve, or that it serves; empty when there is nothing to say.
        tone: of the state.
        bars: the limits of every model.
        age: of the numbers, when they are old; else empty.
        details: more lines, shown when the row is opened.
        actions: what can be done with it.
        spoken: the whole row as one sentence, for readers of the screen.
    """

    id: str
    name: str
    plan: str
    state: str
    tone: Tone
    bars: tuple[Bar, ...]
    age: str
    details: tuple[str, ...]
    actions: tuple[Choice, ...]
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something on the timeline.

    Attributes:
        at: where, from 0 (now) to 1 (the last one shown).
        text: `14:30 Work`.
    """

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """The whole panel.

    Attributes:
        verdict: how things stand, in words.
        tone: of the verdict.
        below: what Codex uses now; empty where the verdict has said it.
        rows: the accounts, at most `SHOWN`.
        more: that there are more of them; empty when all are shown.
        timeline: the coming resets.
        actions: at the foot.
    """

    verdict: str
    tone: Tone
    below: str
    rows: tuple[PanelRow, ...]
    more: str
    timeline: tuple[Mark, ...]
    actions: tuple[Choice, ...]


def panel(report: StatusReport, *, speech: Speech, now: datetime) -> PanelView:
    """The panel of this snapshot at `now`."""
    verdict, tone = _verdict(report.verdict, report)
    hidden, locked = len(report.accounts) - SHOWN, report.vault.locked
    return PanelView(
        verdict=verdict,
        tone=tone,
        below=headline(report, speech=speech, now=now) if report.accounts or locked else "",
        rows=tuple(panel_row(a, report, speech=speech, now=now) for a in report.accounts[:SHOWN]),
        more=speech.say("{count} more in the window", count=hidden) if hidden > 0 else "",
        timeline=_timeline(report, speech=speech, now=now),
        actions=tuple(_at_the_foot(report, speech)),
    )


def _at_the_foot(report: StatusReport, speech: Speech) -> Iterator[Choice]:
    """The one next step is one click away; everything else is in the window."""
    if report.vault.locked:
        yield Choice(id="unlock", text=speech.say("&Unlock…"), action=Local.UNLOCK)
    elif not report.accounts:
        yield ways_to_join(report, speech=speech)[0]
    yield Choice(id="open", text=speech.say("&Open Turntable"), action=Local.OPEN_WINDOW)


def panel_row(
    account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime
) -> PanelRow:
    """One account's row."""
    state, tone = state_words(account, report, speech=speech, now=now)
    shown = bars(account, speech=speech, now=now)
    name, plan = shown_name(account.label), shown_plan(account.plan)
    windows = main_windows(account)
    age = ""
    if is_stale(windows, now):
        age = words.age(min(w.observed_at for w in windows), now, speech)
    limits = [window_sentence(w, speech=speech, now=now) for w in windows]
    return PanelRow(
        id=account.id,
        name=name,
        plan=plan,
        state=state,
        tone=tone,
        bars=shown,
        age=age,
        details=tuple(_details(account, speech=speech, now=now)),
        actions=account_actions(account, report, speech=speech),
        spoken=", ".join(part for part in (name, plan, state, *limits) if part),
    )


def state_words(
    account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime
) -> tuple[str, Tone]:
    """How an account stands in a few words, and how grave that is."""
    reason = standing(account, speech=speech, now=now)
    if reason:
        grave = account.state in _NEEDS_A_HAND
        return reason, Tone.BAD if grave else Tone.WARN
    if account.in_flight == 1:
        return speech.say("1 request"), Tone.GOOD
    if account.in_flight:
        return speech.say("{count} requests", count=account.in_flight), Tone.GOOD
    if account is account_in_focus(report):
        return speech.say("serves next"), Tone.GOOD
    return "", Tone.MUTED


def _verdict(verdict: VerdictReport, report: StatusReport) -> tuple[str, Tone]:
    if not report.accounts:
        return verdict.text, Tone.PLAIN
    return verdict.text, _GRAVE.get(verdict.state, Tone.PLAIN)


def _details(account: AccountReport, *, speech: Speech, now: datetime) -> Iterator[str]:
    """Everything that a closed row leaves out."""
    if account.because and account.state != AccountState.READY:
        yield account.because
    for window in account.windows:
        limit = window_sentence(window, speech=speech, now=now)
        pace = pace_sentence(window, speech=speech, now=now)
        sentence = " · ".join(part for part in (limit, pace) if part)
        yield sentence if window.scope == EVERYTHING else f"{shown_name(window.scope)}: {sentence}"
    if account.credits is not None and account.credits.unlimited:
        yield speech.say("credits without a limit")
    elif account.credits is not None and account.credits.has:
        yield speech.say("credits {balance}", balance=shown_name(account.credits.balance))
    if account.reset_credits:
        yield _reset_credits(account, account.reset_credits, speech=speech, now=now)
    if account.last_used is not None:
        yield speech.say("last used {time}", time=speech.stamp(account.last_used, now))
    if account.email:
        yield shown_name(account.email, 48)
    if account.workspace.name:
        yield speech.say("workspace {name}", name=shown_name(account.workspace.name))


def _reset_credits(account: AccountReport, count: int, *, speech: Speech, now: datetime) -> str:
    """How many there are, and when the next one expires, where the back end says so."""
    said = speech.say("{count} reset credits", count=count)
    if count == 1:
        said = speech.say("1 reset credit")
    if account.reset_credit_ends is None:
        return said
    time = speech.clock(account.reset_credit_ends, now)
    if count == 1:
        return speech.say("{credits}, expires {time}", credits=said, time=time)
    return speech.say("{credits}, the next expires {time}", credits=said, time=time)


def _timeline(report: StatusReport, *, speech: Speech, now: datetime) -> tuple[Mark, ...]:
    """The next resets of limits that somebody waits for or has used."""
    coming: dict[tuple[datetime, str], str] = {}
    for account in report.accounts:
        name = shown_name(account.label, 20)
        if account.until is not None and account.until > now:
            coming[account.until, name] = speech.say("{name} is back", name=name)
        for window in main_windows(account):
            left = percent_left(window, now)
            if window.resets_at is None or left is None or left == 100:
                continue
            what = speech.say("{name} {window}", name=name, window=window_name(window, speech))
            coming.setdefault((window.resets_at, name), what)
    by_time: dict[datetime, list[str]] = {}
    for (at, _), what in sorted(coming.items()):
        by_time.setdefault(at, []).append(what)
    ordered = list(by_time.items())[:_ON_TIMELINE]
    if not ordered:
        return ()
    span = max((ordered[-1][0] - now).total_seconds(), 1.0)
    return tuple(
        Mark(
            at=(at - now).total_seconds() / span,
            text=f"{speech.clock(at, now)} {_some(what, speech)}",
        )
        for at, what in ordered
    )


def _some(what: list[str], speech: Speech) -> str:
    """The first few of what comes at one time, and how many more."""
    shown = what[:_AT_ONE_TIME]
    if len(what) > len(shown):
        shown.append(speech.say("{count} more", count=len(what) - len(shown)))
    return ", ".join(shown)
