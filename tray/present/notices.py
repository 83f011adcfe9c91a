"""What a person is told by a message of the desktop: a title and a text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from core.domain.errors import CoreError
from core.domain.happening import Happening, HappeningKind
from core.domain.settings import NotifySettings, Settings, with_value
from core.words.happenings import title, told
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Choice, Local, Perform, SignIn, literal
from tray.present.names import shown_name

_CHAT = 48
"""Letters of a chat's name; it is how the chat begins, where it has no name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of the desktop.

    Attributes:
        title: one short line.
        text: what happened, and the next step.
        trouble: whether something failed.
        actions: what can be done about it, at once.
    """

    title: str
    text: str
    trouble: bool
    actions: tuple[Choice, ...] = ()


def failure(error: CoreError) -> Notice:
    """A wish that was not granted: what happened, what was kept, what to do next."""
    text = f"{error.message}\n{error.hint}" if error.hint else error.message
    return Notice(title="Turntable", text=text, trouble=True)


def trouble(text: str) -> Notice:
    """Something is not as it should be, and goes on all the same."""
    return Notice(title="Turntable", text=text, trouble=True)


def granted(answer: Answer, undo: Perform | None, *, speech: Speech) -> Notice | None:
    """A wish that was granted, in the verb's own sentences; None when it says nothing."""
    text = " ".join(answer.texts("messages"))
    if not text:
        return None
    actions: tuple[Choice, ...] = ()
    if undo is not None:
        actions = (Choice(id="undo", text=speech.say("Und&o"), action=undo),)
    return Notice(title="Turntable", text=text, trouble=False, actions=actions)


def happened(happening: Happening, *, now: datetime, speech: Speech) -> Notice:
    """What happened by itself, with what can be done about it at once."""
    grave = happening.kind in (HappeningKind.SIGN_IN, HappeningKind.ROUTING, HappeningKind.EMPTY)
    return Notice(
        title=shown_name(title(happening, speech)),
        text=told(happening, now, speech),
        trouble=grave,
        actions=tuple(_actions(happening, speech)),
    )


def named(happening: Happening, history: Answer) -> Happening:
    """The happening with the name of its chat, as Codex's own list has it."""
    chats = (chat for chat in history.parts("chats") if chat.text("thread") == happening.thread)
    found = next((chat.text("title") for chat in chats), "")
    return replace(happening, chat=shown_name(found, _CHAT)) if found else happening


def notify_settings(answer: Answer) -> NotifySettings:
    """The switches as `config get` tells them; what it does not tell is at its default."""
    settings = Settings()
    for part in answer.parts("settings"):
        key, value = part.text("key"), part.raw("value")
        if key.startswith("notify.") and isinstance(value, bool | int | float | str):
            try:
                settings = with_value(settings, key, value)
            except CoreError:
                continue  # a setting, or a range, of another version
    return settings.notify


def _actions(happening: Happening, speech: Speech) -> Iterator[Choice]:
    name = literal(shown_name(happening.label)) if happening.label else ""
    match happening.kind:
        case HappeningKind.WAITING:
            yield Choice(id="why", text=speech.say("&Why?"), action=Local.OPEN_ACTIVITY)
            yield _steer("stay", speech.say("&Stay on {name}", name=name), happening)
        case HappeningKind.BACK:
            yield _steer("use", speech.say("&Use {name}", name=name), happening)
        case HappeningKind.LOW:
            text = speech.say("Set a &reserve")
            yield Choice(id="reserve", text=text, action=Local.OPEN_ACCOUNTS)
        case HappeningKind.EMPTY:
            text = speech.say("Show &resets")
            yield Choice(id="resets", text=text, action=Local.OPEN_PANEL)
        case HappeningKind.SIGN_IN:
            again = SignIn(way="browser", again=happening.account)
            yield Choice(id="sign_in", text=speech.say("&Sign in"), action=again)
        case HappeningKind.MOVED if happening.thread:
            keep = {
                "action": "keep", "thread": happening.thread, "account": happening.account,
            }  # fmt: skip
            text = speech.say("&Undo for this chat")
            yield Choice(id="keep", text=text, action=Perform(verb="thread", arguments=keep))
        case HappeningKind.MOVED:
            yield Choice(id="why", text=speech.say("&Why?"), action=Local.OPEN_ACTIVITY)
        case HappeningKind.CREDIT:
            yield Choice(id="credit", text=speech.say("&Show"), action=Local.OPEN_PANEL)
        case HappeningKind.ROUTING:
            yield Choice(id="details", text=speech.say("&Details"), action=Local.OPEN_HEALTH)
        case _:
            assert_never(happening.kind)


def _steer(verb: str, text: str, happening: Happening) -> Choice:
    action = Perform(verb=verb, arguments={"account": happening.account})
    return Choice(id=verb, text=text, action=action)


def defect(speech: Speech) -> Notice:
    """A wish that ended in an error of ours; the log has the rest."""
    return Notice(
        title="Turntable",
        text=speech.say("That did not work, by a defect of Turntable. The log says more."),
        trouble=True,
    )


def goes_on(speech: Speech) -> Notice:
    """The window was closed for the first time."""
    return Notice(
        title=speech.say("Turntable goes on"),
        text=speech.say("Its icon is here in the tray; Quit is in its menu."),
        trouble=False,
    )


def no_tray(speech: Speech) -> Notice:
    """There is no place for an icon; the window stands in for it."""
    return Notice(
        title="Turntable",
        text=speech.say(
            "Your desktop shows no tray icons, so Turntable is here. Closing this window keeps it "
            "running; start Turntable again to see it."
        ),
        trouble=False,
    )


def between_engines(speech: Speech) -> Notice:
    """A wish at the moment at which one engine has ended and the next is not there yet."""
    return Notice(
        title="Turntable",
        text=speech.say("The engine is starting; nothing was changed. Choose again in a moment."),
        trouble=False,
    )
