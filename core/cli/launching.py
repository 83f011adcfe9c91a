"""`turntable launcher open`: Codex's desktop app, once the proxy answers or Codex is given back."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from core.binding.undo_all import undo_all
from core.control.remote import RemoteFacade
from core.control.speaking import speech_of
from core.domain.errors import CoreError, ExitCode
from core.runtime.paths import turntable_home
from core.startup.program import start_in_background
from core.switch.desktop_app import desktop_app
from core.words.trouble import error_line, hint_line

_ANSWER_S = 10.0


def open_codex_app(
    environment: Mapping[str, str], passphrase: str | None, *, user_home: Path, err: TextIO
) -> int:
    """See to it that a Turntable serves, and open the app.

    Where none can be started, what is bound is given back first: the app opens either way, and
    never in front of a proxy that does not answer.

    Returns:
        0; 1 when the app goes its own way.

    Raises:
        CoreError: `codex_app_missing` or `codex_app_failed`; the app was not opened.
    """
    app = desktop_app(environment, user_home)
    if app.place() is None:
        raise CoreError(
            "codex_app_missing",
            "Codex’s app was not found on this machine.",
            "Install it, or use `turntable codex` in a terminal.",
        )
    home = turntable_home(environment)
    try:
        if not asyncio.run(_serves(RemoteFacade(home.control))):
            start_in_background("serve", environment=environment, passphrase=passphrase)
    except CoreError as trouble:
        if home.binds.is_dir():
            undo_all(home.root)
        speech = speech_of(environment)
        print(f"{error_line(trouble, speech)}\n{hint_line(trouble, speech)}".rstrip(), file=err)
        app.open()
        return int(ExitCode.FAILED)
    app.open()
    return int(ExitCode.DONE)


async def _serves(remote: RemoteFacade) -> bool:
    """Whether an owner's proxy listens.

    Raises:
        CoreError: `not_answering`: there is an owner, and it is of no use.
    """
    if not await remote.answers():
        return False
    try:
        async with asyncio.timeout(_ANSWER_S):
            status = await remote.status()
    except TimeoutError:
        status = None
    if status is None or not status.proxy.listening:
        raise CoreError(
            "not_answering",
            "Turntable runs and does not answer; Codex uses its own login.",
            "End it, then start it again.",
        )
    return True
