"""use, stay, auto, next, rotation: how the user steers the choice of accounts."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import Account
from core.domain.decision import Use
from core.domain.errors import CoreError, ExitCode
from core.domain.facts import Facts, RequestKind
from core.domain.observed import clear_blocks
from core.domain.quota import Quota
from core.domain.report import RotationReport
from core.domain.sentence import Sentence
from core.domain.settings import STRATEGIES
from core.domain.skipping import next_reset, skip_until
from core.domain.state import (
    Rotation,
    RotationMode,
    pause_rotation,
    resume_rotation,
    rotation_at,
    steer,
)
from core.routing.select import Chances, select
from core.storage.settings_edits import set_in_file
from core.storage.settings_file import Source
from core.words.why import verdict_sentence

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What the rotation is now."""

    mode: RotationMode
    account: str | None
    messages: tuple[str, ...]


async def use(app: App, arguments: Arguments) -> Steered:
    """Prefer an account: it serves next; others still serve when it cannot."""
    return await _prefer(app, _named(app, arguments))


async def stay(app: App, arguments: Arguments) -> Steered:
    """Force an account: no other is used until `auto`, or for as long as was said."""
    account = _named(app, arguments)
    lasts = arguments.text("for")
    until = None if lasts is None else app.clock.now() + read_duration(lasts)
    forced = Rotation(mode=RotationMode.STAY, account=account.id, until=until)
    await app.folder.store.change(steer(forced))
    return Steered(
        mode=RotationMode.STAY, account=account.id, messages=steered_to(app, account, forced)
    )


async def auto(app: App, arguments: Arguments) -> Steered:
    """Choose automatically again."""
    await app.folder.store.change(steer(Rotation()))
    message = _steered_words(app, Rotation())
    return Steered(mode=RotationMode.AUTO, account=None, messages=(message,))


async def next_account(app: App, arguments: Arguments) -> Steered:
    """Prefer whoever would be chosen if the account in use were not there."""
    now = app.clock.now()
    rotation = rotation_at(app.state, now)
    in_use = rotation.account or app.observed.last_chosen
    # Not from where it stands now, but as in automatic mode: a *stay* is what `next` leaves.
    state = replace(app.state.unruled(), rotation=Rotation())
    decision = select(
        state=state,
        observed=app.observed,
        facts=Facts(kind=RequestKind.RESPONSES),
        tried=frozenset() if in_use is None else frozenset({in_use}),
        chances=Chances(settings=app.settings.routing, now=now, draw=app.draw()),
    )
    if not isinstance(decision, Use):
        sentence = "No other account can serve now; nothing was changed."
        raise nobody_can_serve(app, "no_other_account", sentence)
    return await _prefer(app, app.state.accounts[decision.account])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotating:
    """The answer of `rotation`: the steering as it is now.

    Attributes:
        rotation: as in `status`.
        label: what the account is called that it names; empty for none.
        next_label: what the account is called that serves next; empty for none.
        strategies: all there are.
        messages: what was done.
    """

    rotation: RotationReport
    label: str
    next_label: str
    strategies: tuple[str, ...]
    messages: tuple[str, ...]


async def rotation(app: App, arguments: Arguments) -> Rotating:
    """Show the steering or change it: pause, strategy, an account to pass by or to take back."""
    action = arguments.text("action") or "show"
    messages: tuple[str, ...] = ()
    match action:
        case "pause":
            messages = await _pause(app, arguments)
        case "resume":
            messages = (await _resume(app),)
        case "strategy":
            messages = _set_strategy(app, _value(action, arguments, Sentence("a strategy")))
        case "skip":
            messages = (_skip(app, arguments),)
        case "clear-blocks":
            account = find_account(app.state, _value(action, arguments, Sentence("an account")))
            app.folder.store.learn(clear_blocks(account.id))
            messages = (app.speech.say("{label} waits for nothing any more.", label=account.label),)
        case _:
            pass
    status = await app.status(app.codex_home(None))
    labels = {account.id: account.label for account in status.accounts}
    return Rotating(
        rotation=status.rotation,
        label="" if status.rotation.account is None else labels[status.rotation.account],
        next_label="" if status.rotation.next is None else labels[status.rotation.next],
        strategies=STRATEGIES,
        messages=messages,
    )


async def _pause(app: App, arguments: Arguments) -> tuple[str, ...]:
    lasts, now = arguments.text("for"), app.clock.now()
    until = None if lasts is None else now + read_duration(lasts)
    await app.folder.store.change(pause_rotation(until, now))
    return (_steered_words(app, app.state.rotation),)


def _skip(app: App, arguments: Arguments) -> str:
    account = find_account(app.state, _value("skip", arguments, Sentence("an account")))
    lasts, now = arguments.text("for"), app.clock.now()
    quota = app.observed.quotas.get(account.id, Quota())
    until = next_reset(quota, now) if lasts is None else now + read_duration(lasts)
    if until is None:
        raise CoreError(
            "reset_unknown",
            Sentence("When {label} resets is not known; nothing was changed.", label=account.label),
            "Say for how long: `turntable rotation skip ACCOUNT --for 2h`.",
        )
    app.folder.store.learn(skip_until(account.id, until, now=now))
    return app.speech.say(
        "{label} is passed by until {time}; `turntable rotation clear-blocks '#{n}'` ends that.",
        label=account.label,
        time=app.speech.clock(until, now),
        n=account.number,
    )


async def _resume(app: App) -> str:
    """What held before the pause holds again."""
    if rotation_at(app.state, app.clock.now()).mode is not RotationMode.PAUSED:
        return app.speech.say("Rotation was not paused; nothing was changed.")
    await app.folder.store.change(resume_rotation())
    return _steered_words(app, rotation_at(app.state, app.clock.now()))


def _steered_words(app: App, rotation: Rotation) -> str:
    """What holds from now on, in one sentence."""
    say, account = app.speech.say, rotation.account
    label = "" if account is None else app.state.accounts[account].label
    time = "" if rotation.until is None else app.speech.clock(rotation.until, app.clock.now())
    match rotation.mode:
        case RotationMode.AUTO:
            return say("Accounts are chosen automatically.")
        case RotationMode.USE:
            return say(
                "Codex starts with {label} from its next turn on; others serve when it cannot.",
                label=label,
            )
        case RotationMode.STAY if time:
            return say(
                "Only {label} is used until {time}, also when it is limited.",
                label=label,
                time=time,
            )
        case RotationMode.STAY:
            return say(
                "Only {label} is used until `turntable auto`, also when it is limited.", label=label
            )
        case RotationMode.PAUSED if time:
            return say("No account changes until {time}.", time=time)
        case RotationMode.PAUSED:
            return say("No account changes until `turntable rotation resume`.")
        case _:
            assert_never(rotation.mode)


def _set_strategy(app: App, strategy: str) -> tuple[str, ...]:
    set_in_file(app.home.settings, "routing.strategy", strategy)
    app.reload_settings()
    chosen = app.settings.routing.strategy
    if app.configuration.explain("routing.strategy").source is Source.PROFILE:
        profile = app.settings.routing.profile
        return (app.speech.say("The profile {name} says otherwise, and wins.", name=profile),)
    if chosen != strategy:
        return (app.speech.say("An environment variable says otherwise, and wins."),)
    kept = rotation_at(app.state, app.clock.now()).mode is RotationMode.STAY
    if kept:
        return (
            app.speech.say(
                "{strategy} is kept, and counts when you no longer stay.", strategy=chosen
            ),
        )
    return (app.speech.say("New chats are given out by {strategy}.", strategy=chosen),)


async def _prefer(app: App, account: Account) -> Steered:
    preferred = Rotation(mode=RotationMode.USE, account=account.id)
    await app.folder.store.change(steer(preferred))
    return Steered(
        mode=RotationMode.USE, account=account.id, messages=steered_to(app, account, preferred)
    )


def nobody_can_serve(app: App, code: str, sentence: str) -> CoreError:
    """Exit code 3 with the next step: an account where there is none, else when they are back."""
    hint = "`turntable status` shows when each one is back."
    if not app.state.accounts:
        sentence = "There is no account yet."
        hint = "Add one with `turntable import --from codex` or `turntable login`."
    return CoreError(code, sentence, hint, exit_code=ExitCode.NOTHING_CAN_SERVE)


def steered_to(app: App, account: Account, rotation: Rotation) -> tuple[str, ...]:
    """What holds from now on; also why the account cannot serve just now, where it cannot."""
    now = app.clock.now()
    decision = select(
        state=app.state.unruled(),
        observed=app.observed,
        facts=Facts(kind=RequestKind.RESPONSES),
        tried=frozenset(),
        chances=Chances(settings=app.settings.routing, now=now, draw=app.draw()),
    )
    said = (_steered_words(app, rotation),)
    verdict = next(one for one in decision.verdicts if one.account == account.id)
    if verdict.eligible:
        return said
    why = verdict_sentence(verdict, now, app.speech)
    return (*said, app.speech.say("It cannot serve now. {why}", why=why))


def _value(action: str, arguments: Arguments, what: str) -> str:
    value = arguments.text("value")
    if value is None:
        hint = "`turntable rotation --help` says more."
        message = Sentence("rotation {action} needs {what}.", action=action, what=what)
        raise CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
    return value


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
            Sentence("“{text}” is no length of time.", text=text),
            "Type a number and a unit: 90s, 30m, 2h, 1d.",
            exit_code=ExitCode.USAGE,
        )
    return length


def _named(app: App, arguments: Arguments) -> Account:
    return find_account(app.state, arguments.required("account"))
