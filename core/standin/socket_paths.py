"""`GET responses` as a WebSocket: the handshake, and how an answer looks as messages.

PROTOCOL §4. Which answer a message gets is decided where those of HTTP are (`responses`).
"""

import base64
import hashlib
import json
from collections.abc import Iterator

from core.standin import limits, replies, rules, turns
from core.standin.acts import Answer, Streamed, Upgraded
from core.standin.catalogue import Catalogue
from core.standin.outcome import Outcome, violated
from core.standin.recorded import Recorded
from core.standin.replies import Headers, Reply
from core.standin.script import Effects
from core.standin.world import Account, World
from core.websocket import deflate

# RFC 6455 §1.3.
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# What the client reads from `response.metadata`; the limits come as an event of their own.
_METADATA = frozenset({b"x-codex-turn-state", b"openai-model", b"x-models-etag"})


class SocketPaths:
    """Answers handshakes.

    Attributes:
        enabled: False answers 426, and the client falls back to HTTPS.
        compresses: permessage-deflate is agreed to where it is offered.
    """

    def __init__(self, *, world: World, catalogue: Catalogue, enabled: bool) -> None:
        """Both parts belong to the server."""
        self.enabled = enabled
        self.compresses = True
        self._world = world
        self._catalogue = catalogue

    def handshake(self, recorded: Recorded, account: Account, effects: Effects) -> Outcome:
        """101 with the limits of the account, or 426, or 400 for one that is not right."""
        if not self.enabled or not recorded.upgrade:
            return Outcome(replies.upgrade_required(), effects)
        if sentence := rules.handshake_violation(recorded):
            return violated(sentence)
        offered = recorded.header("sec-websocket-extensions")
        agreement = deflate.negotiate(offered) if self.compresses else None
        key = recorded.header("sec-websocket-key") or ""
        headers: Headers = (
            (b"sec-websocket-accept", accept(key)),
            *limits.headers(account, "", self._world.now),
            (b"x-models-etag", self._catalogue.etag_for(account.person.account_id).encode()),
            (b"x-reasoning-included", b"true"),
        )
        if agreement is not None:
            headers = (*headers, (b"sec-websocket-extensions", agreement.header.encode()))
        return Outcome(Upgraded(headers=headers, agreement=agreement), effects)


def accept(key: str) -> bytes:
    """`sec-websocket-accept` for a key (RFC 6455 §4.2.2)."""
    digest = hashlib.sha1(key.encode("latin-1") + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest)


def messages(answer: Answer) -> Iterator[bytes]:
    """The text messages of an answer: one for an error, one for each event of a stream."""
    match answer:
        case Reply():
            yield turns.message(_error(answer))
        case Streamed():
            yield from _streamed(answer)
        case Upgraded():
            raise TypeError("a message is not answered with a handshake")


def _streamed(answer: Streamed) -> Iterator[bytes]:
    """The events, and `response.metadata` before `response.created` unless it is a prewarm."""
    metadata = {
        name.decode(): value.decode() for name, value in answer.headers if name in _METADATA
    }
    for event in answer.events:
        data = turns.data_of(event)
        yield data
        if data.startswith(b'{"type":"codex.rate_limits"'):
            yield turns.message({"type": "response.metadata", "headers": metadata})


def _error(reply: Reply) -> dict[str, object]:
    """`{type: error, status, error, headers}`; `status` stands exactly once."""
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = None
    said = body if isinstance(body, dict) else {"error": {"message": reply.body.decode("latin-1")}}
    headers = {name.decode(): value.decode("latin-1") for name, value in reply.headers}
    return {**said, "type": "error", "status": reply.status, "headers": headers}
