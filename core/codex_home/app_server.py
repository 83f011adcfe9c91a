"""Asks Codex itself: a client of `codex app-server`, JSON-RPC over stdio, one message a line.

It is how we learn what Codex would really do, without reading its files by rules that may have
changed, and how an imported login is refreshed: by Codex, under Codex's own locks.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from core.codex_home.program import Conversation, environment, running
from core.domain.errors import CoreError

ANSWER_S = 15.0
"""How long one answer may take; observed: 20 ms for what it knows, the network for a refresh."""
_REFRESH_S = 30.0
_LONGEST_SENTENCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexAccount:
    """Who Codex says is signed in.

    Attributes:
        kind: `chatgpt`, `apiKey`, …; empty when nobody is.
        email: empty when it does not say.
        plan: empty when it does not say.
    """

    kind: str
    email: str
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProviders:
    """Which back ends Codex knows.

    Attributes:
        default: the id of the one that new threads use.
        base_urls: id → the address in force; providers that name none are absent.
    """

    default: str
    base_urls: Mapping[str, str]


class AppServer:
    """One conversation with a running app-server. Requests are asked one after the other."""

    def __init__(self, conversation: Conversation, *, answer_s: float) -> None:
        """`answer_s` bounds each request, in seconds."""
        self._conversation = conversation
        self._answer_s = answer_s
        self._last_id = 0

    async def initialize(self) -> None:
        """The greeting that must come first."""
        client = {"name": "turntable", "title": "Turntable", "version": "0"}
        await self.request("initialize", {"clientInfo": client, "capabilities": {}})
        await self._send({"method": "initialized"})

    async def account_read(self, *, refresh_token: bool) -> CodexAccount:
        """Who is signed in; with `refresh_token` Codex refreshes the login first.

        An error does not mean that nothing was refreshed: Codex also looks up the workspace
        afterwards (observed: `workspace routing discovery failed`).
        """
        answer = await self.request("account/read", {"refreshToken": refresh_token})
        account = _mapping(answer.get("account"))
        return CodexAccount(
            kind=_text(account.get("type")),
            email=_text(account.get("email")),
            plan=_text(account.get("planType")),
        )

    async def config_read(self) -> Mapping[str, object]:
        """The settings in force, every layer applied; absent ones are None."""
        answer = await self.request("config/read", {"includeLayers": False})
        return _mapping(answer.get("config"))

    async def model_providers(self) -> ModelProviders:
        """The providers and the address that each is reached at."""
        answer = await self.request("modelProvider/list", {})
        data = answer.get("data")
        listed = [_mapping(entry) for entry in data] if isinstance(data, list) else []
        return ModelProviders(
            default=_text(answer.get("defaultProviderId")),
            base_urls={
                _text(entry.get("id")): _text(entry.get("baseUrl"))
                for entry in listed
                if _text(entry.get("baseUrl"))
            },
        )

    async def request(self, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        """The result of one request; what the server says unasked meanwhile is passed over.

        Raises:
            CoreError: `codex_refused` with Codex's own sentence, or `codex_silent`.
        """
        self._last_id += 1
        try:
            async with asyncio.timeout(self._answer_s):
                await self._send({"id": self._last_id, "method": method, "params": dict(params)})
                answer = await self._answer(self._last_id)
        except TimeoutError:
            raise _silent(f"did not answer {method} within {self._answer_s:g} s") from None
        error = answer.get("error")
        if error is not None:
            sentence = _text(_mapping(error).get("message"))[:_LONGEST_SENTENCE]
            raise CoreError("codex_refused", f"Codex refused {method}: {sentence or 'no reason'}.")
        return _mapping(answer.get("result"))

    async def _send(self, message: Mapping[str, object]) -> None:
        try:
            self._conversation.stdin.write(json.dumps(message).encode() + b"\n")
            await self._conversation.stdin.drain()
        except (ConnectionError, OSError):
            raise _silent("has ended") from None

    async def _answer(self, wanted: int) -> Mapping[str, object]:
        while True:
            message = await self._receive()
            # A request of the server has a method of its own; it may use the same numbers.
            if message.get("id") == wanted and "method" not in message:
                return message

    async def _receive(self) -> Mapping[str, object]:
        try:
            line = await self._conversation.stdout.readline()
            message = json.loads(line) if line else None
        except (ValueError, RecursionError):
            raise _silent("said something that is no JSON-RPC message") from None
        if message is None:
            raise _silent("has ended")
        return _mapping(message)


@asynccontextmanager
async def app_server(
    program: Path,
    *,
    home: Path,
    env: Mapping[str, str],
    answer_s: float = ANSWER_S,
    spare: bool = False,
) -> AsyncIterator[AppServer]:
    """A started and greeted app-server of the login and settings in `home`.

    With `spare` it is never killed (`core.codex_home.program.running`).

    Raises:
        CoreError: `codex_not_started`, `codex_silent` or `codex_refused`.
    """
    async with running(
        program, "app-server", env=environment(env, home), spare=spare
    ) as conversation:
        server = AppServer(conversation, answer_s=answer_s)
        await server.initialize()
        yield server


async def base_url_in_force(
    program: Path, *, home: Path, env: Mapping[str, str], answer_s: float = ANSWER_S
) -> str | None:
    """The address that new threads of `home` would use; None when Codex names none.

    Raises:
        CoreError: `codex_not_started`, `codex_silent` or `codex_refused` (an invalid config.toml
            is one: Codex's sentence says where).
    """
    async with app_server(program, home=home, env=env, answer_s=answer_s) as server:
        providers = await server.model_providers()
    return providers.base_urls.get(providers.default)


async def refresh_login(program: Path, *, home: Path, env: Mapping[str, str]) -> None:
    """Let Codex refresh the login in `home` and write it there, under its own locks.

    What came of it stands in the file afterwards, whether this returns or raises. Cancelling does
    not stop Codex: a refresh token that is spent must be able to be written down.

    Raises:
        CoreError: `codex_not_started`, `codex_silent` or `codex_refused`.
    """
    async with app_server(program, home=home, env=env, answer_s=_REFRESH_S, spare=True) as server:
        await server.account_read(refresh_token=True)


def _silent(what: str) -> CoreError:
    hint = "Run `codex app-server` by hand to see what it says."
    return CoreError("codex_silent", f"Codex's app-server {what}.", hint)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
