"""The whole engine in this process, on a clock that a test drives, before the stand-in back end."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from core.app import App
from core.control.local import LocalFacade
from core.domain.events import Event
from core.runtime.paths import Home
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.words.speech import english
from tests.fakes.clock import FakeClock

MODEL = "gpt-6.1-sol"


class Heard:
    """What the bus says from now on."""

    def __init__(self, app: App) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()
        app.bus.listen(self._hear)

    def all[T](self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def one[T](self, kind: type[T]) -> T:
        """The first event of this kind, within five seconds."""
        async with asyncio.timeout(5):
            while not self.all(kind):
                self._more.clear()
                await self._more.wait()
        return self.all(kind)[0]

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()


class Engine:
    """A user's Turntable that serves, and the Codex that calls it."""

    def __init__(self, app: App, back_end: StandIn, clock: FakeClock, folder: Path) -> None:
        self.app = app
        self.back_end = back_end
        self.clock = clock
        self.facade = LocalFacade(app)
        self._folder = folder
        self._turns = 0

    async def ask(self, verb: str, **arguments: Any) -> Any:
        """Perform a verb; its JSON."""
        return await self.facade.perform(verb, arguments)

    async def sign_in(self, *names: str) -> None:
        """Import a login for each name; the account is called by that name."""
        for name in names:
            login: Login = make_login(name)
            self.back_end.add(login)
            source = self._folder / f"{name}.json"
            source.write_text(json.dumps(login.auth_json), encoding="utf-8")
            added = await self.ask("import", file=str(source))
            await self.ask("account", action="rename", account=added["account"], value=name)

    async def turn(
        self, thread: str | None = "t1", *, model: str = MODEL, **fields: str
    ) -> httpx.Response:
        """A turn of Codex; waits for its end."""
        self._turns += 1
        head = {"originator": "codex_exec", "x-codex-routing-hint": f"model={model}", **fields}
        if thread is not None:
            head |= {"thread-id": thread, "session-id": thread}
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            return await client.post(
                f"{self.address}/responses", json=_body(model, thread), headers=head
            )

    @property
    def address(self) -> str:
        """What config.toml names."""
        config = tomllib.loads((self._folder / "codex" / "config.toml").read_text("utf-8"))
        return str(config["openai_base_url"])

    @property
    def served_by(self) -> list[str | None]:
        """The account of each turn that reached the back end."""
        return [one.account for one in self.back_end.turns()]

    async def accounts(self) -> Mapping[str, Any]:
        """Each account of the snapshot, by its label."""
        status = await self.ask("status")
        return {account["label"]: account for account in status["accounts"]}


@asynccontextmanager
async def running(
    folder: Path, *names: str, mode: str = "serve", **settings: str
) -> AsyncIterator[Engine]:
    """An engine that serves with these accounts; `settings` by key with `__` for the dot."""
    clock = FakeClock()
    (folder / "codex").mkdir()
    (folder / "codex" / "config.toml").write_text("", encoding="utf-8")
    async with StandIn(now=clock.now) as back_end:
        app = App(
            home=Home(root=folder / "turntable"),
            environment={"CODEX_HOME": str(folder / "codex"), "PATH": ""},
            user_home=folder,
            clock=clock,
            speech=english(),
            passphrase="fake passphrase",
            overrides={
                "upstream.base_url": back_end.base_url,
                "upstream.auth_url": back_end.auth_url,
                "proxy.port": str(_free_port()),
                "bind.watch": "false",
                **{key.replace("__", "."): value for key, value in settings.items()},
            },
        )
        await app.serve(mode)
        try:
            engine = Engine(app, back_end, clock, folder)
            await engine.sign_in(*names)
            await engine.ask("bind")
            yield engine
        finally:
            await app.close()
        assert back_end.violations == []


def _free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _body(model: str, thread: str | None) -> dict[str, object]:
    text = {"type": "input_text", "text": "Name three rivers."}
    return {
        "model": model,
        "instructions": "",
        "input": [{"type": "message", "role": "user", "content": [text]}],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": thread or "none",
    }
