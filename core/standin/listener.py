"""Listens on loopback and turns what comes in into recorded requests and performed answers."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol

from core.standin import acts, socket_paths
from core.standin.acts import Upgraded
from core.standin.connection import Connection
from core.standin.conversation import Answer, Conversation
from core.standin.outcome import Outcome
from core.standin.record import Record
from core.standin.recorded import Ending, Recorded
from core.standin.session import Session

_BACKLOG = 2048


class Decisions(Protocol):
    """Who says how requests are answered."""

    def decide(self, recorded: Recorded) -> Outcome:
        """The answer to a request."""
        ...

    def decide_message(self, recorded: Recorded, session: Session) -> Outcome:
        """The answer to a message of a WebSocket."""
        ...

    def blame(self, recorded: Recorded, sentence: str) -> None:
        """The client of this request broke the protocol."""
        ...


class Listener:
    """The server's socket and its connections (a `connection.Host`)."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        decisions: Decisions,
        record: Record,
    ) -> None:
        """`decisions` are asked once for each complete request and message."""
        self._now = now
        self._decisions = decisions
        self._record = record
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._opened = 0
        self._received = 0
        self._date = (0, b"")

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    async def start(self, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen on 127.0.0.1 (port 0: a free one); the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: self._connect(loop), "127.0.0.1", port, ssl=tls, backlog=_BACKLOG
        )
        accepted: int = self._server.sockets[0].getsockname()[1]
        return accepted

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.drop(reset=True)
        await self._server.wait_closed()
        self._server = None

    def opened(self, connection: Connection) -> None:
        """A client has connected."""
        self._connections.add(connection)
        self._record.changed()

    def closed(self, connection: Connection) -> None:
        """The connection is over."""
        self._connections.discard(connection)
        self._record.changed()

    def received(
        self,
        *,
        connection: int,
        method: str,
        target: str,
        headers: tuple[tuple[bytes, bytes], ...],
        body: bytes,
        upgrade: bool,
        keep_alive: bool,
    ) -> Answer:
        """Record a complete request and decide its answer."""
        now = self._now()
        self._received += 1
        recorded = Recorded(
            number=self._received,
            connection=connection,
            method=method,
            target=target,
            headers=headers,
            body=body,
            received_at=now,
            upgrade=upgrade,
            keep_alive=keep_alive,
        )
        self._record.add(recorded)
        outcome = self._decisions.decide(recorded)
        self._record.changed()
        played = acts.perform(outcome.answer, outcome.effects, recorded, self._dated(now))
        if isinstance(outcome.answer, Upgraded):
            return Answer(recorded, played, self._converse(recorded, outcome.answer))
        return Answer(recorded, played)

    def ended(self, recorded: Recorded, ending: Ending) -> None:
        """A request is over."""
        recorded.ending = ending
        recorded.ended_at = self._now()
        self._record.changed()

    def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        self._opened += 1
        return Connection(self, self._opened, loop)

    def _converse(self, handshake: Recorded, upgraded: Upgraded) -> Conversation:
        """The WebSocket that begins when the answer to `handshake` has been sent."""
        session = Session(account=handshake.account or "", opened_at=handshake.received_at)

        def answer(conversation: Conversation, payload: bytes) -> Answer:
            return self._message(handshake, session, conversation, payload)

        def blame(sentence: str) -> None:
            self._decisions.blame(handshake, sentence)

        return Conversation(
            handshake=handshake, agreement=upgraded.agreement, answer=answer, blame=blame
        )

    def _message(
        self, handshake: Recorded, session: Session, conversation: Conversation, payload: bytes
    ) -> Answer:
        """Record a message and decide its answer."""
        self._received += 1
        recorded = Recorded(
            number=self._received,
            connection=handshake.connection,
            method="WS",
            target=handshake.target,
            headers=handshake.headers,
            body=payload,
            received_at=self._now(),
            handshake=handshake.number,
        )
        self._record.add(recorded)
        outcome = self._decisions.decide_message(recorded, session)
        self._record.changed()
        said = socket_paths.messages(outcome.answer)
        return Answer(recorded, acts.speak(said, outcome.effects, recorded, conversation))

    def _dated(self, now: datetime) -> bytes:
        """The `date` field, made once a second."""
        second = int(now.timestamp())
        if second != self._date[0]:
            self._date = (second, format_datetime(now, usegmt=True).encode())
        return self._date[1]
