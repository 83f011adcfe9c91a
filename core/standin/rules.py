"""What the back end refuses: everything a proxy may leak, and every field it does not know.

Each rule gives one sentence or None. What these find is answered 400 and kept as a violation, so
that a test can say `assert back_end.violations == []` (PROTOCOL §4, §4b).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.standin import turns
from core.standin.recorded import Recorded
from core.standin.world import NO_CONSTRAINT, Account

RawHeaders = Sequence[tuple[bytes, bytes]]

_NEVER = frozenset(
    {
        b"via", b"forwarded", b"x-real-ip", b"cookie", b"cookie2", b"keep-alive",
        b"proxy-connection", b"proxy-authorization", b"proxy-authenticate", b"trailer",
        b"accept-language", b"origin", b"referer", b"x-api-key",
    }
)  # fmt: skip
_NEVER_BEGINNING = (b"x-forwarded-", b"x-turntable", b"sec-fetch-")
_ONCE = frozenset(
    {
        b"host", b"authorization", b"chatgpt-account-id", b"user-agent", b"content-length",
        b"content-type", b"content-encoding", b"originator", b"accept", b"sec-websocket-key",
        b"sec-websocket-version",
    }
)  # fmt: skip
SOCKET_BETA = "responses_websockets=2026-02-06"
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_KNOWN_HOSTS = frozenset({b"chatgpt.com", b"auth.openai.com"})
_REFUSED_FIELDS = (
    "truncation", "max_output_tokens", "max_tokens", "max_completion_tokens", "temperature",
    "top_p", "user", "metadata", "background", "n", "messages",
)  # fmt: skip


def head_violation(headers: RawHeaders, *, own_hosts: frozenset[bytes]) -> str | None:
    """What a request head must not carry to the back end, if it does."""
    seen: set[bytes] = set()
    for raw, value in headers:
        name = raw.lower()
        if name in _NEVER or name.startswith(_NEVER_BEGINNING):
            return f"the header {_text(raw)} must not be forwarded"
        if name in _ONCE and name in seen:
            return f"the header {_text(raw)} stands twice"
        if name == b"connection" and not _plain_connection(value):
            return "the header connection names fields of another hop"
        if name == b"te" and value.strip().lower() != b"trailers":
            return "the header te belongs to another hop"
        seen.add(name)
    return host_violation(headers, own_hosts=own_hosts)


def host_violation(headers: RawHeaders, *, own_hosts: frozenset[bytes]) -> str | None:
    """Whether the request was meant for somebody else; all that is asked of a browser."""
    hosts = [value for name, value in headers if name.lower() == b"host"]
    if not hosts:
        return "the header host is missing"
    if hosts[0] not in own_hosts and hosts[0] not in _KNOWN_HOSTS:
        return f"the host {_text(hosts[0])} is not ours"
    return None


def identity_violation(headers: RawHeaders, account: Account, *, routed: bool) -> str | None:
    """Whether the head belongs to the account whose token it carries.

    `routed`: the path is one of Codex's own; what tells the routing is asked without knowing it.
    """
    fields = {name.lower(): value.decode("latin-1") for name, value in headers}
    if (sent := fields.get(b"chatgpt-account-id")) != account.person.account_id:
        return f"chatgpt-account-id is {sent}, the token is of {account.person.account_id}"
    override = fields.get(b"x-openai-account-routing-override", NO_CONSTRAINT)
    if override != account.routing_override and (routed or override != NO_CONSTRAINT):
        return f"routing override {override} is not that of {account.name}"
    if (b"x-openai-fedramp" in fields) != account.person.fedramp:
        return f"x-openai-fedramp does not fit {account.name}"
    return state_violation(fields.get(b"x-codex-turn-state"), account)


def state_violation(state: str | None, account: Account) -> str | None:
    """Whether a turn state, if there is one, belongs to the account."""
    if state and (maker := turn_state_maker(state)) not in (None, account.person.account_id):
        return f"the turn state was made by {maker}"
    return None


def handshake_violation(recorded: Recorded) -> str | None:
    """What a WebSocket handshake must have (RFC 6455 §4.2.1, PROTOCOL §4)."""
    if (recorded.header("upgrade") or "").lower() != "websocket":
        return "upgrade must be websocket"
    if recorded.header("sec-websocket-version") != "13":
        return "sec-websocket-version must be 13"
    if not _KEY.fullmatch(recorded.header("sec-websocket-key") or ""):
        return "sec-websocket-key must be 16 bytes in base64"
    if recorded.header("openai-beta") != SOCKET_BETA:
        return f"openai-beta must be {SOCKET_BETA}"
    return None


def turn_state(account_id: str, number: int) -> str:
    """A turn state bound to the account."""
    return f"ts.{number}.{account_id}"


def turn_state_maker(state: str) -> str | None:
    """The account that a turn state belongs to; None if no stand-in made it."""
    match state.split(".", 2):
        case ["ts", _, account_id]:
            return account_id
        case _:
            return None


def body_violation(body: object, headers: RawHeaders) -> str | None:
    """What the body of `POST responses` must have and must not have."""
    if not isinstance(body, Mapping):
        return "the body is not a JSON object"
    fields = {name.lower(): value for name, value in headers}
    if not isinstance(body.get("model"), str):
        return "model is missing"
    if body.get("stream") is not True:
        return "stream must be true"
    if body.get("store") is not False:
        return "store must be false"
    if not isinstance(body.get("input"), list):
        return "input must be a list"
    for name in _REFUSED_FIELDS:
        if name in body:
            return f"Unsupported parameter: {name}"
    # Codex itself carries its instructions as the first developer message, and ids on its items.
    if fields.get(b"originator", b"").startswith(b"codex"):
        return None
    if not isinstance(body.get("instructions"), str):
        return "instructions are missing"
    return _foreign_items(body["input"])


def makers(body: Mapping[str, Any]) -> frozenset[str]:
    """The accounts that made the encrypted content in a body, where a stand-in made it."""
    contents = (
        item.get("encrypted_content") for item in body["input"] if isinstance(item, Mapping)
    )
    found = {turns.maker_of(content) for content in contents if isinstance(content, str)}
    return frozenset(maker for maker in found if maker is not None)


def _foreign_items(items: Sequence[object]) -> str | None:
    """Requests that are not Codex's own carry no stored ids: nothing is stored."""
    for item in items:
        if not isinstance(item, Mapping):
            return "an input item is not an object"
        if item.get("type") == "item_reference":
            return "item_reference is not supported with store=false"
        if "id" in item:
            return f"Item with id '{item['id']}' not found. Items are not persisted."
    return None


def _plain_connection(value: bytes) -> bool:
    words = {word.strip().lower() for word in value.split(b",")}
    return words <= {b"keep-alive", b"close", b"upgrade"}


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
