"""What can be done with one account, wherever it is shown: each a verb, with its key."""

from collections.abc import Sequence

from core.control.facade import JsonValue
from core.domain.decision import AccountState
from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from core.words.speech import Speech
from tray.present.entries import Choice, Perform, Several, SignIn

KEYS = {"use": "S", "pause": "E", "sign_in": "R", "remove": "D"}
"""The same keys as in the live screen of the command line."""


def account_actions(
    account: AccountReport, report: StatusReport, *, speech: Speech
) -> tuple[Choice, ...]:
    """What a glance offers; what is in force already cannot be chosen again."""
    named: dict[str, JsonValue] = {"account": account.id}
    steering = report.rotation
    preferred = steering.mode == RotationMode.USE and steering.account == account.id
    forced = steering.mode == RotationMode.STAY and steering.account == account.id
    again: tuple[Choice, ...] = ()
    if account.state in (AccountState.NEEDS_SIGN_IN, AccountState.UNVERIFIED):
        again = (
            Choice(
                id="sign_in",
                text=speech.say("Sign in a&gain"),
                action=SignIn(way="browser", again=account.id),
                enabled=not report.vault.locked,
            ),
        )
    return (
        *again,
        Choice(
            id="use",
            text=speech.say("&Use"),
            action=Perform(verb="use", arguments=named),
            enabled=not preferred,
            checked=preferred,
        ),
        Choice(
            id="stay",
            text=speech.say("&Stay on it"),
            action=Perform(verb="stay", arguments=named),
            enabled=not forced,
            checked=forced,
        ),
        Choice(
            id="check",
            text=speech.say("Re&fresh"),
            action=Perform(verb="check", arguments=named),
            enabled=not report.vault.locked,
        ),
    )


def policy_actions(account: AccountReport, *, speech: Speech) -> tuple[Choice, ...]:
    """What is decided rarely: each pair shows the one that changes something."""
    does = policies((account,), speech=speech)
    named: dict[str, JsonValue] = {"action": "clear-blocks", "value": account.id}
    waits = account.state in (AccountState.WAITING, AccountState.FAILING)
    return (
        *(Choice(id=id_, text=text, action=_policy(account, verb)) for id_, verb, text in does),
        Choice(
            id="clear",
            text=speech.say("End its &wait"),
            action=Perform(verb="rotation", arguments=named),
            enabled=waits,
        ),
        Choice(id="remove", text=speech.say("Remo&ve"), action=_policy(account, "remove")),
    )


def policies(
    accounts: Sequence[AccountReport], *, speech: Speech
) -> tuple[tuple[str, str, str], ...]:
    """Id, the verb's action and text of each pair: the undoing one where all are in that state."""
    paused = _all(accounts, AccountState.PAUSED)
    draining = _all(accounts, AccountState.DRAINING)
    disabled = _all(accounts, AccountState.DISABLED)
    return (
        ("pause", "resume" if paused else "pause",
         speech.say("Resum&e") if paused else speech.say("Paus&e")),
        ("drain", "undrain" if draining else "drain",
         speech.say("Give new c&hats") if draining else speech.say("No new c&hats")),
        ("disable", "enable" if disabled else "disable",
         speech.say("Ena&ble") if disabled else speech.say("Disa&ble")),
    )  # fmt: skip


def changed(account: AccountReport, what: str, value: str) -> Perform:
    """A field of an account that a person has typed: `rename`, `note` or `weight`."""
    arguments: dict[str, JsonValue] = {"action": what, "account": account.id, "value": value}
    return Perform(verb="account", arguments=arguments)


def tagged(account: AccountReport, typed: str) -> Several | None:
    """The words that a person has typed, with commas between them; None when they are the same."""
    words = tuple(dict.fromkeys(word.strip() for word in typed.split(",") if word.strip()))
    fresh = [changed(account, "tag", word) for word in words if word not in account.tags]
    gone = [changed(account, "untag", tag) for tag in account.tags if tag not in words]
    return Several(wishes=(*gone, *fresh)) if gone or fresh else None


def reserved(account: AccountReport, *, session: int, week: int) -> Perform:
    """Per cent of the windows that automation leaves untouched."""
    arguments: dict[str, JsonValue] = {
        "action": "reserve", "account": account.id, "session": session, "week": week,
    }  # fmt: skip
    return Perform(verb="account", arguments=arguments)


def _all(accounts: Sequence[AccountReport], state: AccountState) -> bool:
    return all(account.state == state for account in accounts)


def _policy(account: AccountReport, does: str) -> Perform:
    return Perform(verb="account", arguments={"action": does, "account": account.id})
