"""`turntable login`: the steps of a sign-in, shown as they come, at a terminal or to a script."""

import asyncio
import json
import sys
import threading
import webbrowser
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import TextIO

from core.app import App
from core.cli.asking import QUESTIONS, ask
from core.control.facade import Facade, JsonValue
from core.control.local import LocalFacade
from core.control.owner import make_app
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError, ExitCode
from core.words.speech import Speech

NO_BROWSER = "TURNTABLE_NO_BROWSER"
"""Set to anything: no browser is opened, its address is shown."""
_OF_THE_VERB = ("browser", "device", "paste", "label", "workspace", "again")


def run_login(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    typed: Mapping[str, JsonValue],
    *,
    as_json: bool,
    out: TextIO,
) -> int:
    """Sign in, once or several times in a row.

    Args:
        environment: the process's own, without the passphrase; the browser inherits it.
        passphrase: opens the vault.
        typed: the verb's arguments.
        as_json: every step is a JSON object on a line of its own.
        out: where steps go.

    Raises:
        CoreError: how the sign-in ended; earlier ones of the row are kept.
    """
    wish: dict[str, JsonValue] = {
        name: typed[name] for name in _OF_THE_VERB if typed.get(name) not in (None, False)
    }
    if passphrase is not None:
        wish["passphrase"] = passphrase
    opens = not typed.get("no_open") and not typed.get("paste") and _has_browser(environment)
    several = typed.get("several") is True
    may_ask = not as_json and sys.stdin.isatty()

    joined = 0

    async def run() -> None:
        nonlocal joined
        app = make_app(environment, passphrase=passphrase)
        try:
            attendant = _Attendant(
                await _reach(app), app.speech, out=out, as_json=as_json, opens=opens
            )
            await _begin(attendant, wish, may_ask=may_ask)
            joined += 1
            while several:
                await attendant.sign_in({**wish, "label": None})
                joined += 1
        finally:
            await app.close()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        if not joined:
            raise
    return int(ExitCode.DONE)


async def _reach(app: App) -> Facade:
    """The owner where one runs; else this process, which takes the lock for the write alone."""
    remote = RemoteFacade(app.home.control)
    return remote if await remote.answers() else LocalFacade(app)


async def _begin(attendant: "_Attendant", wish: dict[str, JsonValue], *, may_ask: bool) -> None:
    """The first one; where only a passphrase is missing and a person is there, ask for it."""
    while True:
        try:
            return await attendant.sign_in(wish)
        except CoreError as error:
            question = QUESTIONS.get(error.code)
            if question is None or not may_ask or question.parameter in wish:
                raise
            wish[question.parameter] = ask(question, attendant.speech)


class _Attendant:
    """Shows steps and does what they ask of the person's machine."""

    def __init__(
        self, facade: Facade, speech: Speech, *, out: TextIO, as_json: bool, opens: bool
    ) -> None:
        self._facade = facade
        self.speech = speech
        self._out = out
        self._as_json = as_json
        self._opens = opens

    async def sign_in(self, wish: Mapping[str, JsonValue]) -> None:
        """One sign-in to its end; left early, it is ended where it goes on."""
        asked = {name: value for name, value in wish.items() if value is not None}
        step = await self._facade.perform("login", asked)
        session = step.get("session")
        try:
            while session is not None:
                self._show(step)
                further: dict[str, JsonValue] = {"session": session}
                if step["step"] == "visit" and asked.get("paste"):
                    further["pasted"] = await self._read_line()
                elif step["step"] == "visit" and self._opens:
                    _open(str(step["url"]))
                step = await self._facade.perform("login", further)
                session = step.get("session")
        except BaseException:
            if session is not None:
                with suppress(CoreError):
                    await self._facade.perform("login", {"session": session, "end": True})
            raise
        self._show(step)

    def _show(self, step: Mapping[str, JsonValue]) -> None:
        if step["step"] == "waiting":
            return
        if self._as_json:
            print(json.dumps(step, ensure_ascii=False), file=self._out, flush=True)
            return
        messages = step.get("messages")
        for line in messages if isinstance(messages, list) else ():
            print(line, file=self._out, flush=True)

    async def _read_line(self) -> str:
        """One line of standard input, read aside: whoever types Ctrl+C is not waited for."""
        if not self._as_json and sys.stdin.isatty():
            text = self.speech.say("Paste the address at which the browser ended:")
            print(text, file=self._out, flush=True)
        loop = asyncio.get_running_loop()
        line: asyncio.Future[str] = loop.create_future()

        def hand_over(text: str) -> None:
            if not line.done():
                line.set_result(text)

        def read() -> None:
            text = sys.stdin.readline()
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(hand_over, text)

        threading.Thread(target=read, name="standard input", daemon=True).start()
        return await line


def _has_browser(environment: Mapping[str, str]) -> bool:
    """Whether a browser can be shown here: one of text would take the terminal over."""
    if environment.get(NO_BROWSER):
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(environment.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    """Open the system's default browser, aside: it may be slow to start."""
    threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()
