"""What shall happen to which request: queued for the next ones, or standing until cleared.

An effect is a value. At most one of a request's effects says what is answered (`Reply`, `Fails`,
`Says`); the others say when its bytes come, and whether they come at all. Places in an answer are
counted in events already sent: None is before the head, 0 right after the head.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.standin.replies import Reply
from core.standin.turns import Turn


class Endpoint(StrEnum):
    """What a request asks for; scripts are kept for each."""

    RESPONSES = "responses"
    MODELS = "models"
    USAGE = "usage"
    RESET_CREDITS = "rate-limit-reset-credits"
    CONSUME = "rate-limit-reset-credits/consume"
    CHECK = "accounts/check"
    ACCOUNTS = "accounts"
    REFRESH = "oauth/token"
    EXCHANGE = "oauth/token authorization_code"
    API_KEY = "oauth/token token-exchange"
    REVOKE = "oauth/revoke"
    AUTHORIZE = "oauth/authorize"
    DEVICE_CODE = "deviceauth/usercode"
    DEVICE_TOKEN = "deviceauth/token"
    DEVICE_PAGE = "codex/device"
    HANDSHAKE = "websocket"
    PREWARM = "websocket prewarm"
    SEARCH = "alpha/search"
    IMAGES = "images"
    OTHER = "other"


# Who asks here has no access token (yet).
ISSUER_ENDPOINTS = frozenset(
    {
        Endpoint.REFRESH,
        Endpoint.EXCHANGE,
        Endpoint.API_KEY,
        Endpoint.REVOKE,
        Endpoint.AUTHORIZE,
        Endpoint.DEVICE_CODE,
        Endpoint.DEVICE_TOKEN,
        Endpoint.DEVICE_PAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Says:
    """The model answers with this turn."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class Fails:
    """200, then `response.failed` with this code right after `response.created`.

    Codes seen: `server_is_overloaded`, `rate_limit_exceeded`, `usage_limit_reached`,
    `insufficient_quota`.
    """

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Real seconds before the head, and before each event; the schedule does not drift."""

    head_s: float = 0.0
    event_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The connection ends.

    Attributes:
        after_events: where.
        mid_chunk: half of the next chunk still goes out.
        reset: by RST instead of FIN.
    """

    after_events: int | None = None
    mid_chunk: bool = False
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Nothing more comes, and the connection stays open."""

    after_events: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """Over WebSocket: a close frame, and nothing more; over HTTP a `Cut`.

    Attributes:
        code: RFC 6455 §7.4.1.
        reason: up to 123 bytes.
        after_events: where.
    """

    code: int = 1000
    reason: str = ""
    after_events: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pings:
    """Over WebSocket: a ping between two events; over HTTP nothing."""

    payload: bytes = b"are you there"
    after_events: int | None = 0


class Gate:
    """Holds an answer at one place until `release`: a delay that a test ends itself."""

    def __init__(self, *, after_events: int | None = None) -> None:
        """Use each gate for one request."""
        self.after_events = after_events
        self._reached = asyncio.Event()
        self._released = False
        self._resume: Callable[[], None] | None = None

    async def reached(self, timeout_s: float = 5.0) -> None:
        """Wait until a request has come to the gate. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            await self._reached.wait()

    def release(self) -> None:
        """Let the answer go on."""
        self._released = True
        if self._resume is not None:
            self._resume()

    def passes(self, resume: Callable[[], None]) -> bool:
        """True if the way is free; else `resume` is called as soon as it is."""
        self._reached.set()
        self._resume = resume
        return self._released


@dataclass(frozen=True, slots=True, kw_only=True)
class Denies:
    """On `Endpoint.AUTHORIZE`: the browser comes back with this instead of a code.

    A workspace without Codex is `description="missing_codex_entitlement"` (PROTOCOL §1).
    """

    error: str = "access_denied"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """On `Endpoint.EXCHANGE` and `Endpoint.REFRESH`: an odd answer with good tokens.

    Attributes:
        expires_in: said instead of the truth, in seconds; may be 0 or negative.
        without: fields that are left out, e.g. `refresh_token`.
        claims: False gives JWTs that do not say who signed in (`EXCHANGE` only).
    """

    expires_in: int | None = None
    without: tuple[str, ...] = ()
    claims: bool = True


Stop = Cut | Stall | Gate | Closes | Pings
Effect = Reply | Says | Fails | Delay | Stop | Denies | Issues
Effects = tuple[Effect, ...]


class Script:
    """The effects that wait for requests, by endpoint and account (None: whichever account)."""

    def __init__(self) -> None:
        """An empty script: everything is answered as the world stands."""
        self._queued: dict[tuple[Endpoint, str | None], deque[Effects]] = {}
        self._standing: dict[tuple[Endpoint, str | None], Effects] = {}

    def queue(self, endpoint: Endpoint, account: str | None, effects: Effects) -> None:
        """For the next request that no earlier entry takes."""
        self._queued.setdefault((endpoint, account), deque()).append(effects)

    def stand(self, endpoint: Endpoint, account: str | None, effects: Effects) -> None:
        """For every request that finds nothing queued, until cleared."""
        self._standing[endpoint, account] = effects

    def clear(self, account: str | None) -> None:
        """Forget all that was said about `account`."""
        for entries in (self._queued, self._standing):
            for key in [key for key in entries if key[1] == account]:
                del entries[key]

    def take(self, endpoint: Endpoint, account: str | None) -> Effects:
        """What happens to this request: queued before standing, its account before any."""
        keys = ((endpoint, account), (endpoint, None))
        for key in keys:
            if waiting := self._queued.get(key):
                return waiting.popleft()
        for key in keys:
            if (standing := self._standing.get(key)) is not None:
                return standing
        return ()

    @property
    def unused(self) -> int:
        """Queued entries that no request has met: a test's script should end at 0."""
        return sum(len(waiting) for waiting in self._queued.values())
