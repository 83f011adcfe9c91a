"""Asks Codex itself: a client of `codex app-server`, JSON-RPC over stdio, one message a line.

It is how we learn what Codex would really do, without reading its files by rules that may have
changed.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.codex_home.messages import (
    INITIALIZE,
    INITIALIZED,
    Fields,
    answer_in,
    as_fields,
    as_text,
    request_line,
    silent,
)
from core.codex_home.program import NO_REFRESH, Conversation, environment, running
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

ANSWER_S = 15.0
"""How long one answer may take; observed: 20 ms for what it knows, the network for a refresh."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where new threads would go, and who says so.

    Attributes:
        provider: the id of the provider in force.
        address: its address; None when Codex names none.
        provider_from: the file that chose the provider; empty: nobody did.
        address_from: the file that set `openai_base_url`; empty: nobody did.
    """

    provider: str
    address: str | None
    provider_from: str
    address_from: str


class AppServer:
    """One conversation with a running app-server. Requests are asked one after the other."""

    def __init__(self, conversation: Conversation, *, answer_s: float) -> None:
        """`answer_s` bounds each request, in seconds."""
        self._conversation = conversation
        self._answer_s = answer_s
        self._last_id = 0

    async def initialize(self) -> None:
        """The greeting that must come first."""
        await self.request(*INITIALIZE)
        await self._send(INITIALIZED)

    async def account_read(self) -> CodexAccount:
        """Who is signed in, by the login as it is.

        Refreshing it is for `core.codex_home.refreshing`, which does not stop Codex midway.
        """
        answer = await self.request("account/read", {"refreshToken": False})
        account = as_fields(answer.get("account"))
        return CodexAccount(
            kind=as_text(account.get("type")),
            email=as_text(account.get("email")),
            plan=as_text(account.get("planType")),
        )

    async def config_read(self) -> Fields:
        """The settings in force, every layer applied; absent ones are None."""
        answer = await self.request("config/read", {"includeLayers": False})
        return as_fields(answer.get("config"))

    async def allowed_login_methods(self) -> tuple[str, ...]:
        """The ways to sign in that a managed requirement allows; empty: it names none.

        A Codex that does not know the question knows no such requirement either.
        """
        try:
            answer = await self.request("configRequirements/read", {})
        except CoreError as error:
            if error.code != "codex_refused":
                raise
            return ()
        allowed = as_fields(answer.get("requirements")).get("allowedLoginMethods")
        return tuple(map(as_text, allowed)) if isinstance(allowed, list) else ()

    async def config_origins(self) -> Mapping[str, str]:
        """Key → the file of the layer whose value is in force (observed with 0.169.0)."""
        answer = await self.request("config/read", {"includeLayers": False})
        return {
            key: as_text(as_fields(as_fields(origin).get("name")).get("file"))
            for key, origin in as_fields(answer.get("origins")).items()
        }

    async def model_providers(self) -> ModelProviders:
        """The providers and the address that each is reached at."""
        answer = await self.request("modelProvider/list", {})
        data = answer.get("data")
        listed = [as_fields(entry) for entry in data] if isinstance(data, list) else []
        return ModelProviders(
            default=as_text(answer.get("defaultProviderId")),
            base_urls={
                as_text(entry.get("id")): as_text(entry.get("baseUrl"))
                for entry in listed
                if as_text(entry.get("baseUrl"))
            },
        )

    async def request(self, method: str, params: Fields) -> Fields:
        """The result of one request; what the server says unasked meanwhile is passed over.

        Raises:
            CoreError: `codex_refused` with Codex's own sentence, or `codex_silent`.
        """
        self._last_id += 1
        try:
            async with asyncio.timeout(self._answer_s):
                await self._send(request_line(self._last_id, method, params))
                return await self._answer(self._last_id, method)
        except TimeoutError:
            raise silent(
                Sentence(
                    "did not answer {method} within {seconds:g} s",
                    method=method,
                    seconds=self._answer_s,
                )
            ) from None

    async def _send(self, line: bytes) -> None:
        try:
            self._conversation.stdin.write(line)
            await self._conversation.stdin.drain()
        except OSError:
            raise silent(Sentence("ended before it was asked")) from None

    async def _answer(self, number: int, method: str) -> Fields:
        while True:
            try:
                line = await self._conversation.stdout.readline()
            except ValueError:
                raise silent(Sentence("said a line without end")) from None
            if (answer := answer_in(line, number, method)) is not None:
                return answer


@asynccontextmanager
async def app_server(
    program: Path,
    *,
    home: Path,
    env: Mapping[str, str],
    answer_s: float = ANSWER_S,
) -> AsyncIterator[AppServer]:
    """A started and greeted app-server of the login and settings in `home`.

    It cannot refresh the login: it may be ended at any moment, and `core.codex_home.refreshing`
    says what that would cost.

    Raises:
        CoreError: `codex_not_started`, `codex_silent` or `codex_refused`.
    """
    asking = environment(env, home) | NO_REFRESH
    async with running(program, "app-server", env=asking) as conversation:
        server = AppServer(conversation, answer_s=answer_s)
        await server.initialize()
        yield server


async def way_in_force(
    program: Path, *, home: Path, env: Mapping[str, str], answer_s: float = ANSWER_S
) -> Way:
    """Where new threads of `home` would go.

    Raises:
        CoreError: `codex_not_started`, `codex_silent` or `codex_refused` (an invalid config.toml
            is one: Codex's sentence says where).
    """
    async with app_server(program, home=home, env=env, answer_s=answer_s) as server:
        providers = await server.model_providers()
        origins = await server.config_origins()
    return Way(
        provider=providers.default,
        address=providers.base_urls.get(providers.default),
        provider_from=origins.get("model_provider", ""),
        address_from=origins.get("openai_base_url", ""),
    )
