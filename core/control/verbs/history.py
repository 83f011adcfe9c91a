"""history: the chats that Codex itself lists, and which account each lives on here."""

from dataclasses import dataclass
from datetime import datetime

from core.app import App
from core.codex_home.app_server import app_server
from core.codex_home.find import find_program
from core.codex_home.threads import CodexThread, list_threads
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.facts import ThreadId

USUAL = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One chat of Codex.

    Attributes:
        thread: Codex's own id.
        title: its name, else how it begins.
        provider: whose Codex says it is; its default list shows only those of the one in force.
        model: empty when Codex does not say.
        updated_at: None when Codex does not say.
        folder: where it works.
        account: the account that it lives on here; None: it never came through, or long ago.
        label: what that account is called; empty for none.
    """

    thread: str
    title: str
    provider: str
    model: str
    updated_at: datetime | None
    folder: str
    account: AccountId | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The answer of `history`: the newest chats, newest first."""

    chats: tuple[Chat, ...]
    messages: tuple[str, ...]


async def history(app: App, arguments: Arguments) -> History:
    """Ask Codex itself for its chats, made before, during and after a bind alike.

    Raises:
        CoreError: `codex_missing`, or as Codex cannot be asked.
    """
    program = find_program(app.environment)
    if program is None:
        raise CoreError(
            "codex_missing",
            "No Codex is installed here: there is no `codex` on PATH.",
            "Install it, or add its folder to PATH.",
        )
    home = app.codex_home(arguments.text("codex_home"))
    async with app_server(program, home=home, env=app.environment) as server:
        found = await list_threads(
            server,
            all_providers=arguments.flag("all_providers"),
            most=arguments.number("last") or USUAL,
        )
    messages = () if found else (app.speech.say("Codex lists no chat."),)
    return History(chats=tuple(_chat(app, one) for one in found), messages=messages)


def _chat(app: App, thread: CodexThread) -> Chat:
    owner = app.observed.owners.get(ThreadId(thread.id))
    account = None if owner is None else app.state.accounts.get(owner.account)
    return Chat(
        thread=thread.id,
        title=thread.title,
        provider=thread.provider,
        model=thread.model,
        updated_at=thread.updated_at,
        folder=thread.folder,
        account=None if account is None else account.id,
        label="" if account is None else account.label,
    )
