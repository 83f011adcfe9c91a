"""use, stay, auto: how the user steers the choice of accounts."""

import re
from dataclasses import dataclass
from datetime import timedelta

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import Account
from core.domain.errors import CoreError, ExitCode
from core.domain.state import Rotation, RotationMode, steer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What the rotation is now."""

    mode: RotationMode
    account: str | None
    messages: tuple[str, ...]


async def use(app: App, arguments: Arguments) -> Steered:
    """Prefer an account: it serves next; others still serve when it cannot."""
    account = _named(app, arguments)
    await app.folder.store.change(steer(Rotation(mode=RotationMode.USE, account=account.id)))
    message = app.speech.say(
        "Codex starts with {label} from its next turn on; others serve when it cannot.",
        label=account.label,
    )
    return Steered(mode=RotationMode.USE, account=account.id, messages=(message,))


async def stay(app: App, arguments: Arguments) -> Steered:
    """Force an account: no other is used until `auto`, or for as long as was said."""
    account = _named(app, arguments)
    lasts = arguments.text("for")
    until = None if lasts is None else app.clock.now() + read_duration(lasts)
    await app.folder.store.change(
        steer(Rotation(mode=RotationMode.STAY, account=account.id, until=until))
    )
    end = (
        app.speech.say("`turntable auto`")
        if until is None
        else app.speech.clock(until, app.clock.now())
    )
    message = app.speech.say(
        "Only {label} is used until {end}, also when it is limited.", label=account.label, end=end
    )
    return Steered(mode=RotationMode.STAY, account=account.id, messages=(message,))


async def auto(app: App, arguments: Arguments) -> Steered:
    """Choose automatically again."""
    await app.folder.store.change(steer(Rotation()))
    message = app.speech.say("Accounts are chosen automatically.")
    return Steered(mode=RotationMode.AUTO, account=None, messages=(message,))


def read_duration(text: str) -> timedelta:
    """A length of time as people type it: `90s`, `30m`, `2h`, `1d`.

    Raises:
        CoreError: exit code usage; it is none, is zero, or is over a year.
    """
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip().lower())
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta(0)
    if not timedelta(0) < length <= timedelta(days=366):
        raise CoreError(
            "usage",
            f"“{text}” is no length of time.",
            "Type a number and a unit: 90s, 30m, 2h, 1d.",
            exit_code=ExitCode.USAGE,
        )
    return length


def _named(app: App, arguments: Arguments) -> Account:
    return find_account(app.state, arguments.required("account"))
