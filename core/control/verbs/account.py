"""account: what the user decides about one account, and everything that is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.accounts.changes import rename, set_enabled, set_paused
from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import Account
from core.domain.errors import CoreError, ExitCode
from core.domain.policies import (
    add_tag,
    drop_tag,
    set_draining,
    set_note,
    set_reserve,
    set_weight,
)
from core.domain.report import AccountReport
from core.domain.sentence import Sentence
from core.domain.state import Change
from core.storage.vault import KEEP_REMOVED
from core.words.quota import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The account as it is now, and what was done in sentences."""

    action: str
    account: AccountReport
    messages: tuple[str, ...]


async def account(app: App, arguments: Arguments) -> Described:
    """Show an account, or change one thing about it."""
    action = arguments.required("action")
    if action == "remove":
        return await _remove(app, find_account(app.state, arguments.required("account")))
    if action == "put-back":
        return await _put_back(app, arguments.required("account"))
    known = find_account(app.state, arguments.required("account"))
    before = known
    if action != "show":
        await app.folder.store.change(_change(action, known, arguments))
    after = app.state.accounts[known.id]
    return Described(
        action=action,
        account=await _report(app, known),
        messages=() if action == "show" else (_told(app, action, before, after),),
    )


async def _remove(app: App, known: Account) -> Described:
    """Take it out; the answer shows it as it was."""
    report = await _report(app, known)
    await app.joining.roster.remove(known)
    message = app.speech.say(
        "{label} is removed. Until {time} `turntable account put-back '#{n}'` brings it back.",
        label=known.label,
        n=known.number,
        time=app.speech.clock(app.clock.now() + KEEP_REMOVED, app.clock.now()),
    )
    return Described(action="remove", account=report, messages=(message,))


async def _put_back(app: App, typed: str) -> Described:
    """Undo a removal, with number, label, login and history."""
    removed = {id_: one.account for id_, one in app.state.removed.items()}
    if not removed:
        message = "No account was removed in the last 7 days."
        raise CoreError("nothing_removed", message, exit_code=ExitCode.USAGE)
    known = find_account(replace(app.state, accounts=removed), typed)
    await app.joining.roster.put_back(known)
    message = app.speech.say("{label} is back.", label=known.label)
    return Described(action="put-back", account=await _report(app, known), messages=(message,))


async def _report(app: App, known: Account) -> AccountReport:
    accounts = (await app.status(app.codex_home(None))).accounts
    return next(one for one in accounts if one.id == known.id)


def _change(action: str, account: Account, arguments: Arguments) -> Change:
    value = arguments.text("value")
    match action:
        case "rename":
            return rename(account.id, _needed(action, value, Sentence("a label")))
        case "tag":
            return add_tag(account.id, _needed(action, value, Sentence("a word")))
        case "untag":
            return drop_tag(account.id, _needed(action, value, Sentence("a word")))
        case "note":
            return set_note(account.id, value or "")
        case "weight":
            return set_weight(account.id, _whole(_needed(action, value, Sentence("a number"))))
        case "reserve":
            return _reserve(account, arguments)
        case "pause" | "resume":
            return set_paused(account.id, action == "pause")
        case "drain" | "undrain":
            return set_draining(account.id, action == "drain")
        case _:
            return set_enabled(account.id, action == "enable")


def _reserve(account: Account, arguments: Arguments) -> Change:
    floors = {name: arguments.number(name) for name in ("session", "week", "month")}
    if all(floor is None for floor in floors.values()):
        raise _usage("account reserve needs --session, --week or --month, in per cent.")
    return set_reserve(
        account.id, session=floors["session"], week=floors["week"], month=floors["month"]
    )


_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "rename": "{old} is called {label} now.",
        "tag": "{label} has these tags: {tags}.",
        "untag": "{label} has these tags: {tags}.",
        "note": "The note of {label} is kept.",
        "weight": "{label} has the weight {weight}; it counts under the strategy weighted.",
        "pause": "{label} is paused: it gets no request, and its login is kept fresh.",
        "resume": "{label} takes part again.",
        "drain": "{label} finishes its chats and gets no new one.",
        "undrain": "{label} gets new chats again.",
        "enable": "{label} is enabled.",
        "disable": "{label} is disabled: nothing is sent for it, not even to keep its login fresh.",
    }
)


_KEPT: Mapping[str, str] = MappingProxyType(
    {
        "session": "{percent} of its session",
        "week": "{percent} of its week",
        "month": "{percent} of its month",
    }
)


def _told(app: App, action: str, before: Account, after: Account) -> str:
    say = app.speech.say
    if action == "reserve":
        return _kept(app, after)
    return say(
        _SENTENCES[action],
        old=before.label,
        label=after.label,
        tags=", ".join(after.tags) or say("none"),
        weight=after.weight,
    )


def _kept(app: App, account: Account) -> str:
    """What lies in reserve, window by window; the others are not named."""
    say, floors = app.speech.say, account.reserve
    by_window = {"session": floors.session, "week": floors.week, "month": floors.month}
    kept = [
        say(_KEPT[window], percent=percent(floor, app.speech))
        for window, floor in by_window.items()
        if floor > 0
    ]
    if not kept:
        return say("{label} keeps nothing in reserve.", label=account.label)
    return say(
        "{label} keeps in reserve: {kept}. Only you can use that, with use or stay.",
        label=account.label,
        kept=", ".join(kept),
    )


def _needed(action: str, value: str | None, what: str) -> str:
    if value is None:
        raise _usage(Sentence("account {action} needs {what}.", action=action, what=what))
    return value


def _whole(text: str) -> int:
    if not text.strip().isdecimal():
        raise _usage(Sentence("“{text}” is not a whole number.", text=text))
    return int(text)


def _usage(message: str) -> CoreError:
    hint = "`turntable account --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
