"""thread: which account a chat lives on, and whether it may leave it."""

from dataclasses import dataclass
from datetime import datetime

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.choices import may_move
from core.domain.errors import CoreError, ExitCode
from core.domain.facts import ThreadId
from core.domain.sentence import Sentence
from core.domain.state import pin_thread

MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """One chat; `pinned`: the user keeps it on `account`."""

    thread: ThreadId
    account: AccountId
    label: str
    seen_at: datetime
    pinned: bool
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """The answer of `thread`: the chats that were heard of last, the newest first."""

    threads: tuple[Living, ...]
    messages: tuple[str, ...]


async def thread(app: App, arguments: Arguments) -> Threads:
    """List chats; keep one where it is, let it move now, or let it go where it may."""
    action = arguments.text("action") or "list"
    if action == "list":
        return Threads(threads=_listed(app), messages=())
    found = _named(app, arguments.text("thread"))
    match action:
        case "keep":
            message = await _keep(app, found, arguments)
        case "move":
            await app.folder.store.change(pin_thread(found, None))
            app.folder.store.learn(may_move(found))
            message = app.speech.say(
                "The chat may go on with another account from its next turn on."
            )
        case _:
            await app.folder.store.change(pin_thread(found, None))
            message = app.speech.say("The chat is kept on no account any more.")
    return Threads(threads=(), messages=(message,))


async def _keep(app: App, found: ThreadId, arguments: Arguments) -> str:
    typed = arguments.text("account")
    if typed is not None:
        account = find_account(app.state, typed)
    else:
        account = app.state.accounts[app.observed.owners[found].account]
    await app.folder.store.change(pin_thread(found, account.id))
    return app.speech.say(
        "{label} keeps this chat, also when it has to be waited for.", label=account.label
    )


def _listed(app: App) -> tuple[Living, ...]:
    state, observed = app.state, app.observed
    newest = sorted(observed.owners.items(), key=lambda item: item[1].seen_at, reverse=True)
    return tuple(
        Living(
            thread=name,
            account=state.pins.get(name, owner.account),
            label=state.accounts[owner.account].label,
            seen_at=owner.seen_at,
            pinned=name in state.pins,
            asked=name in observed.asked,
        )
        for name, owner in newest[:MOST_LISTED]
        if owner.account in state.accounts
    )


def _named(app: App, typed: str | None) -> ThreadId:
    if not typed:
        hint = "`turntable thread list` shows the newest."
        raise CoreError("usage", "Which chat?", hint, exit_code=ExitCode.USAGE)
    living = app.state.accounts
    known = [
        name
        for name, owner in app.observed.owners.items()
        if name.startswith(typed) and owner.account in living
    ]
    if len(known) == 1 or typed in known:
        return known[0] if len(known) == 1 else ThreadId(typed)
    message = (
        Sentence("“{typed}” fits {count} chats.", typed=typed, count=len(known))
        if known
        else Sentence("No chat is known as “{typed}”.", typed=typed)
    )
    hint = "`turntable thread list` shows the newest."
    raise CoreError("no_thread_named", message, hint, exit_code=ExitCode.USAGE)
