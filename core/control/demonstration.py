"""The demo: the whole program with made-up people, their back end, and a made-up Codex at work.

Everything lies in a folder that goes when the demo ends. The five logins come in the way real ones
do, by importing auth.json files; the made-up Codex reads its config.toml and calls where that says.
"""

import asyncio
import json
import secrets
import shlex
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from core.app import App
from core.control.owner import Owner
from core.control.visitor import Visitor
from core.runtime.clock import SystemClock
from core.runtime.language import local_speech
from core.runtime.paths import Home
from core.runtime.tasks import Tasks
from core.standin.demo import people
from core.standin.server import StandIn
from core.startup.program import typed
from core.storage.settings_edits import set_in_file

_CONFIG = """\
# A made-up config.toml: `turntable bind diff` shows the one line that Turntable adds.
model = "gpt-6.1-sol"
"""
BETWEEN_TURNS_S = 3.0
_CREDIT_LASTS = timedelta(days=1)


class _DemoApp(App):
    """An app that knows one Codex home, the made-up one."""

    def codex_home(self, named: str | None) -> Path:
        """The made-up home, also for a caller in whose shell a real one is in force."""
        return super().codex_home(None)


class Demonstration:
    """Made, entered, its `owner` started, then `begin`; leaving removes every trace."""

    def __init__(self, environment: Mapping[str, str], *, mode: str = "serve") -> None:
        """`mode` is that of the owner: `serve` or `tray`."""
        clock = SystemClock()
        self._folder = Path(tempfile.mkdtemp(prefix="turntable-demo-"))
        self.home = Home(root=self._folder / "turntable")
        self.codex_home = self._folder / "codex"
        self._tasks = Tasks("demo")
        self.back_end = StandIn(now=clock.now)
        self._people = people(clock.now())
        # No PATH: an installed Codex is not asked about a bind of this made-up home.
        kept = {name: value for name, value in environment.items() if name.startswith("LC_")}
        self._environment = {**kept, "CODEX_HOME": str(self.codex_home), "PATH": ""}
        self._mode = mode
        self._clock = clock

    async def __aenter__(self) -> Self:
        """Start the back end and make the owner; the owner is not started."""
        try:
            self.codex_home.mkdir()
            (self.codex_home / "config.toml").write_text(_CONFIG, encoding="utf-8")
            for login, account in self._people:
                self.back_end.add(login, account)
            # In the file and not above it: `profile use` and `rotation strategy` can be tried.
            self.home.create()
            set_in_file(self.home.settings, "routing.strategy", "round-robin")
            tomorrow = self._clock.now() + _CREDIT_LASTS
            self.back_end.grant_reset(self._people[0][0].name, expires_at=tomorrow)
            await self.back_end.start()
            self.owner = Owner(
                _DemoApp(
                    home=self.home,
                    environment=self._environment,
                    user_home=self._folder,
                    clock=self._clock,
                    speech=local_speech(),
                    passphrase=secrets.token_urlsafe(16),
                    overrides={
                        "upstream.base_url": self.back_end.base_url,
                        "upstream.auth_url": self.back_end.auth_url,
                        # Nothing of the demo outlives it, and its Codex is made up.
                        "bind.watch": "false",
                    },
                ),
                mode=self._mode,
            )
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End the made-up world and remove its folder."""
        await self._leave()

    async def begin(self) -> None:
        """With the owner started: sign the people in, route the made-up Codex, let it work.

        Raises:
            CoreError: something of the demo does not work; that is a defect.
        """
        facade = self.owner.facade
        for login, _ in self._people:
            source = self._folder / f"{login.name}.json"
            source.write_text(json.dumps(login.auth_json), encoding="utf-8")
            await facade.perform("import", {"file": str(source)})
        await facade.perform("bind", {})
        self._tasks.start(self._work(), name="made-up Codex")

    def introduction(self, *, platform: str = sys.platform) -> str:
        """What it is, and how to look at it from another terminal of this system."""
        say = self.owner.app.speech.say
        home = str(self.home.root)
        return "\n".join(
            (
                say(
                    "This is a demo: five made-up accounts, a made-up back end, a made-up Codex. "
                    "Nothing real is read, written or contacted."
                ),
                say("Its limits run out and reset within minutes. Ctrl+C ends it."),
                say(
                    "In another PowerShell:  $env:TURNTABLE_HOME={home}; {turntable} status",
                    home="'{}'".format(home.replace("'", "''")),
                    turntable=typed(),
                )
                if platform == "win32"
                else say(
                    "In another terminal:  TURNTABLE_HOME={home} {turntable} status",
                    home=shlex.quote(home),
                    turntable=typed(),
                ),
            )
        )

    async def _work(self) -> None:
        """Turn after turn, at the address that config.toml names; none where it names none."""
        visitor = Visitor()
        while True:
            address = self._address()
            if address is not None:
                await visitor.turn(address)
            await asyncio.sleep(BETWEEN_TURNS_S)

    def _address(self) -> str | None:
        config = tomllib.loads((self.codex_home / "config.toml").read_text("utf-8"))
        address = config.get("openai_base_url")
        return address if isinstance(address, str) else None

    async def _leave(self) -> None:
        await self._tasks.close()
        await self.back_end.close()
        shutil.rmtree(self._folder, ignore_errors=True)
