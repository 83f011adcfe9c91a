"""The tray menu as a tree of entries, always in the same order.

What a click can do, a command can do: every action is a verb, but for opening a folder and
leaving. Names are the user's, so they are cleaned and marked before they stand in an entry.
"""

from datetime import datetime

from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from core.words.speech import Speech
from tray.present.entries import Branch, Choice, Divider, Entry, Line, Local, Perform, literal
from tray.present.focus import account_in_focus
from tray.present.headline import details, headline, standing
from tray.present.joining import ways_to_join
from tray.present.limits import limits_short, main_windows
from tray.present.names import shown_name

DIRECT_ACCOUNTS = 9
"""Accounts that stand in the menu itself, with a digit each; the others are one step deeper."""

_LONGEST_NOTICE = 90
_NOTICES = 3
_SAID_BY_HEADLINE = "locked"
_COLUMN = "   "
_ACCOUNTS = "accounts"
_ROTATION = "rotation"
_STRATEGY = "strategy"


def menu(
    report: StatusReport, *, speech: Speech, now: datetime, at_login: bool | None = None
) -> tuple[Entry, ...]:
    """The whole menu of this snapshot at `now`.

    Args:
        report: the snapshot.
        speech: what it is said in.
        now: aware UTC.
        at_login: whether the program starts at login; None = not known yet.
    """
    sections: tuple[tuple[Entry, ...], ...] = (
        _head(report, speech, now),
        _accounts(report, speech, now),
        (_rotation(report, speech, now), _route(report, speech), _add_account(report, speech)),
        _window(report, speech),
        _settings(report, speech, at_login),
        (_quit(report, speech),),
    )
    shown: list[Entry] = []
    for number, section in enumerate(section for section in sections if section):
        if number:
            shown.append(Divider(id=f"divider.{section[0].id}"))
        shown.extend(section)
    return tuple(shown)


def _head(report: StatusReport, speech: Speech, now: datetime) -> tuple[Entry, ...]:
    unsaid = [notice for notice in report.notices if notice.code != _SAID_BY_HEADLINE]
    notices = (
        Line(id=f"notice.{n}", text=literal(shown_name(notice.text, _LONGEST_NOTICE)))
        for n, notice in enumerate(unsaid[:_NOTICES])
    )
    unlock: tuple[Entry, ...] = ()
    if report.vault.locked:
        text = speech.say("&Unlock…")
        unlock = (Choice(id="unlock", text=text, action=Local.UNLOCK),)
    return (
        Line(id="headline", text=literal(headline(report, speech=speech, now=now))),
        Line(id="details", text=literal(details(report, speech=speech, now=now))),
        *notices,
        *unlock,
    )


def _accounts(report: StatusReport, speech: Speech, now: datetime) -> tuple[Entry, ...]:
    focus = account_in_focus(report)
    choices = tuple(
        Choice(
            id=f"account.{account.id}",
            text=_digit(position) + literal(_row(account, report, speech=speech, now=now)),
            action=Perform(verb=_steering_verb(report), arguments={"account": account.id}),
            checked=account is focus,
            group=_ACCOUNTS,
        )
        for position, account in enumerate(report.accounts, start=1)
    )
    direct, more = choices[:DIRECT_ACCOUNTS], choices[DIRECT_ACCOUNTS:]
    if not more:
        return direct
    deeper = Branch(id="accounts.more", text=speech.say("&More accounts"), entries=more)
    return (*direct, deeper)


def _digit(position: int) -> str:
    """The key that chooses the account while the menu is open."""
    return f"&{position}  " if position <= DIRECT_ACCOUNTS else ""


def _row(account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime) -> str:
    """`Work   5 h 62 %   week 40 %`, or why it does not serve."""
    reason = standing(account, speech=speech, now=now)
    limits = limits_short(account, speech=speech, now=now)
    columns = [shown_name(account.label), *([reason] if reason else limits)]
    steering = report.rotation
    if steering.mode == RotationMode.USE and steering.account == account.id:
        columns.append(speech.say("preferred"))
    elif steering.second == account.id and not reason:
        columns.append(speech.say("next best"))
    return _COLUMN.join(columns)


def _steering_verb(report: StatusReport) -> str:
    """Choosing prefers an account; where only one may serve, it says which one."""
    return "stay" if report.rotation.mode == RotationMode.STAY else "use"


def _rotation(report: StatusReport, speech: Speech, now: datetime) -> Branch:
    focus = account_in_focus(report)
    stays = report.rotation.mode == RotationMode.STAY
    automatic = report.rotation.mode in (RotationMode.AUTO, RotationMode.USE)
    stay_text = (
        speech.say("&Stay on one account")
        if focus is None
        else speech.say("&Stay on {name}", name=literal(shown_name(focus.label)))
    )
    return Branch(
        id="rotation",
        text=speech.say("&Rotation"),
        enabled=focus is not None,
        entries=(
            Choice(
                id="rotation.auto",
                text=speech.say("&Automatic"),
                action=Perform(verb="auto"),
                checked=automatic,
                group=_ROTATION,
            ),
            Choice(
                id="rotation.stay",
                text=stay_text,
                action=Perform(verb="stay", arguments={"account": focus.id if focus else None}),
                enabled=focus is not None,
                checked=stays,
                group=_ROTATION,
            ),
            Divider(id="divider.strategy"),
            _strategies(report, speech),
            _pause(report, speech),
            _skip(focus, report, speech, now),
        ),
    )


def _strategies(report: StatusReport, speech: Speech) -> Branch:
    """How an account is chosen where nobody prefers or forces one."""
    names = {
        "balanced": speech.say("&Balanced"),
        "sticky": speech.say("&Stay until it is limited"),
        "round-robin": speech.say("&Take turns"),
        "least-used": speech.say("&Least used"),
        "weighted": speech.say("By &weight"),
        "drain-first": speech.say("&Resets soonest first"),
        "random": speech.say("By &chance"),
    }
    shown = "round-robin" if report.rotation.strategy == "hybrid" else report.rotation.strategy
    return Branch(
        id="strategy",
        text=speech.say("S&trategy"),
        entries=tuple(
            Choice(
                id=f"strategy.{name}",
                text=text,
                action=Perform(verb="rotation", arguments={"action": "strategy", "value": name}),
                checked=name == shown,
                group=_STRATEGY,
            )
            for name, text in names.items()
        ),
    )


def _pause(report: StatusReport, speech: Speech) -> Choice:
    if report.rotation.mode == RotationMode.PAUSED:
        resume = Perform(verb="rotation", arguments={"action": "resume"})
        return Choice(id="pause", text=speech.say("&Resume"), action=resume, checked=True)
    pause = Perform(verb="rotation", arguments={"action": "pause", "for": "1h"})
    return Choice(id="pause", text=speech.say("&Pause for 1 h"), action=pause, checked=False)


def _skip(
    focus: AccountReport | None, report: StatusReport, speech: Speech, now: datetime
) -> Choice:
    """Pass the account in use by for a while; one that is forced cannot be passed by."""
    ends = [] if focus is None else [w.resets_at for w in main_windows(focus)]
    until = min((end for end in ends if end is not None and end > now), default=None)
    name = "" if focus is None else literal(shown_name(focus.label))
    serves = focus is not None and focus.id == report.rotation.next
    return Choice(
        id="skip",
        text=speech.say("S&kip this account until it resets")
        if focus is None or until is None
        else speech.say(
            "S&kip {name} until it resets ({time})", name=name, time=speech.clock(until, now)
        ),
        action=Perform(
            verb="rotation",
            arguments={"action": "skip", "value": None if focus is None else focus.id},
        ),
        enabled=serves and until is not None and report.rotation.mode != RotationMode.STAY,
    )


def _route(report: StatusReport, speech: Speech) -> Choice:
    bound = report.bind.state == "bound"
    return Choice(
        id="route",
        text=speech.say("Route &Codex through Turntable"),
        action=Perform(verb="unbind" if bound else "bind"),
        enabled=bound or report.proxy.listening,
        checked=bound,
    )


def _add_account(report: StatusReport, speech: Speech) -> Branch:
    return Branch(
        id="add",
        text=speech.say("&Add account"),
        enabled=not report.vault.locked,
        entries=ways_to_join(report, speech=speech),
    )


def _window(report: StatusReport, speech: Speech) -> tuple[Entry, ...]:
    return (
        Choice(
            id="refresh",
            text=speech.say("Re&fresh now"),
            action=Perform(verb="quota", arguments={"refresh": True}),
            enabled=bool(report.accounts) and not report.vault.locked,
        ),
        Choice(
            id="why",
            text=speech.say("&Why this account?"),
            action=Local.OPEN_ACTIVITY,
            enabled=bool(report.accounts),
        ),
        Choice(id="open", text=speech.say("&Open Turntable…"), action=Local.OPEN_WINDOW),
    )


def _settings(report: StatusReport, speech: Speech, at_login: bool | None) -> tuple[Entry, ...]:
    does = "disable" if at_login else "enable"
    return (
        Choice(id="settings", text=speech.say("S&ettings…"), action=Local.OPEN_SETTINGS),
        Choice(
            id="startup",
            text=speech.say("Start at &login"),
            action=Perform(verb="startup", arguments={"action": does}),
            enabled=at_login is not None,
            checked=bool(at_login),
        ),
        _help(report, speech),
    )


def _help(report: StatusReport, speech: Speech) -> Branch:
    return Branch(
        id="help",
        text=speech.say("&Help"),
        entries=(
            Choice(
                id="help.health",
                text=speech.say("&Check how things stand"),
                action=Local.OPEN_HEALTH,
            ),
            Choice(
                id="help.log",
                text=speech.say("Open the &log folder"),
                action=Local.OPEN_LOG,
            ),
            Divider(id="divider.help.version"),
            Line(id="help.version", text=literal(f"Turntable {report.version}")),
        ),
    )


def _quit(report: StatusReport, speech: Speech) -> Choice:
    """Asks nothing when nothing is open; else says what ends with it."""
    match report.proxy.in_flight:
        case 0:
            text = speech.say("&Quit")
        case 1:
            text = speech.say("&Quit (1 running request ends)")
        case count:
            text = speech.say("&Quit ({count} running requests end)", count=count)
    return Choice(id="quit", text=text, action=Local.QUIT)
