"""What Codex uses now, in one sentence: the menu's first line and the tooltip's beginning."""

from datetime import datetime

from core.domain.decision import AccountState
from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from core.words.speech import Speech
from core.words.state import state_words
from tray.present.focus import account_by_id, account_in_focus
from tray.present.limits import limits_sentences, limits_short
from tray.present.names import shown_name, shown_plan


def headline(report: StatusReport, *, speech: Speech, now: datetime) -> str:
    """The first line; the worst that is true comes first."""
    trouble = _trouble(report, speech)
    if trouble:
        return trouble
    account = account_in_focus(report)
    if account is None:
        return speech.say("No account yet")
    if report.rotation.mode == RotationMode.STAY:
        return _forced(account, report, speech=speech, now=now)
    if report.rotation.next is None:
        return _nobody(account, speech=speech, now=now)
    if report.bind.state != "bound":
        return speech.say("Codex uses its own login")
    return speech.say("Codex uses {account}", account=account_title(account))


def details(report: StatusReport, *, speech: Speech, now: datetime) -> str:
    """The second line: what is left of the account in focus, or the next step."""
    if not (report.running and report.proxy.listening):
        return speech.say("The proxy does not listen; Codex uses its own login.")
    if report.vault.locked:
        return speech.say("Unlock the keyring, or type your passphrase.")
    account = account_in_focus(report)
    if account is None:
        return speech.say("Add one to begin.")
    serves = account_by_id(report, report.rotation.next) is account
    if report.bind.state != "bound" and serves:
        limits = limits_short(account, speech=speech, now=now)
        words = " · ".join((account_title(account), *limits))
        return speech.say("Through Turntable: {account}", account=words)
    return " · ".join(limits_sentences(account, speech=speech, now=now))


def account_title(account: AccountReport) -> str:
    """`Work · Plus`."""
    name, plan = shown_name(account.label), shown_plan(account.plan)
    return f"{name} · {plan}" if plan else name


def standing(account: AccountReport, *, speech: Speech, now: datetime) -> str:
    """Why an account does not serve, in a few words; empty while it does."""
    if account.state == AccountState.READY:
        return ""
    said = state_words(account.state, account.until, now, speech, reason=account.reason)
    return shown_name(said)


def _trouble(report: StatusReport, speech: Speech) -> str:
    if not (report.running and report.proxy.listening):
        return speech.say("Turntable is not routing")
    if report.vault.locked:
        return speech.say("Your logins are locked")
    match report.bind.state:
        case "drifted":
            return speech.say("Codex’s settings were changed; Codex may go past Turntable")
        case "broken":
            return speech.say("Codex’s settings cannot be checked; Codex may go past Turntable")
        case _:
            return ""


def _forced(account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime) -> str:
    title = account_title(account)
    reason = standing(account, speech=speech, now=now)
    if reason:
        return speech.say("Only {account}: {reason}", account=title, reason=reason)
    if report.bind.state != "bound":
        return speech.say("Codex uses its own login")
    return speech.say("Codex stays on {account}", account=title)


def _nobody(account: AccountReport, *, speech: Speech, now: datetime) -> str:
    """Nobody can serve: until when, or what to do."""
    if account.until is not None:
        return speech.say(
            "Nothing left until {time} ({name})",
            time=speech.clock(account.until, now),
            name=shown_name(account.label),
        )
    reason = standing(account, speech=speech, now=now)
    return speech.say(
        "No account can serve; {name}: {reason}",
        name=shown_name(account.label),
        reason=reason or shown_name(account.state),
    )
