"""Whether an owner that lives still serves: it proves itself, or has been silent for long.

A stopped or deadlocked process keeps its locks and its port; the kernel goes on accepting
connections for it, and Codex waits for an answer without limit. So the listener is asked now and
then, and only while something is bound (ARCHITECTURE §6).
"""

import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

from core.binding.durable import Disk
from core.binding.journal import Journal
from core.binding.places import Places
from core.binding.proof import kept_key, proof
from core.domain.binding import BindRecord, LeaseState
from core.domain.errors import CoreError
from core.runtime.clock import Clock

_EVERY_S = 15.0
_HUNG_S = 30.0
_FAILURES = 3
_ANSWER_S = 5.0
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How long a listener has not proved itself.

    Attributes:
        since: when the first of the failed proofs was asked for (monotonic seconds); None: it
            proved itself when it was asked last.
        failures: how many there were in a row.
    """

    since: float | None = None
    failures: int = 0

    def after(self, *, proved: bool, at: float) -> "Silence":
        """One more look, which began at `at`."""
        if proved:
            return Silence()
        return Silence(since=at if self.since is None else self.since, failures=self.failures + 1)

    def is_hang(self, *, now: float, hung_s: float) -> bool:
        """Three failed proofs, and long enough: a slow moment is no hang."""
        return self.since is not None and self.failures >= _FAILURES and now - self.since >= hung_s


class Pulse:
    """Asks the listener of one data folder's owner."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        every_s: float = _EVERY_S,
        hung_s: float = _HUNG_S,
        answer_s: float = _ANSWER_S,
    ) -> None:
        """Nothing is asked yet.

        Args:
            root: the data folder.
            clock: measures silence; both its times tell that the machine has slept.
            every_s: how often `is_lost` will be called.
            hung_s: how long a silence is a hang, of a time in which the machine was awake.
            answer_s: how long each part of an answer may take.
        """
        self.every_s = every_s
        self._root = root
        self._clock = clock
        self._hung_s = hung_s
        self._answer_s = answer_s
        self._silence = Silence()
        self._looked = clock.now(), clock.monotonic()

    def is_lost(self) -> bool:
        """Ask once; whether the owner has been silent for so long that it counts as hung."""
        began = self._clock.monotonic()
        if self._slept():
            self._silence = Silence()
        key, bound = kept_key(self._root), self._bound()
        if key is None or not bound:
            self._silence = Silence()
            return False
        binds = [record.bind_id for record in bound]
        ports = frozenset(record.port for record in bound)
        # One is enough: a lease may name a port that the owner has left, where its file could not
        # be changed with it. That is no hang, and the owner serves the others.
        proved = any(proves(port, key, binds, answer_s=self._answer_s) for port in ports)
        self._silence = self._silence.after(proved=proved, at=began)
        return self._silence.is_hang(now=self._clock.monotonic(), hung_s=self._hung_s)

    def _slept(self) -> bool:
        """More time has passed since the last look than we have waited: the count begins anew."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        wall_before, before = self._looked
        self._looked = now, monotonic
        longest = 2 * (self.every_s + self._answer_s)
        return max((now - wall_before).total_seconds(), monotonic - before) > longest

    def _bound(self) -> list[BindRecord]:
        journal = Journal(Places(self._root).binds, Disk())
        records = []
        for path in journal.files():
            with suppress(CoreError):  # a damaged one is told of by `status` and the undo
                records.append(journal.read(path))
        return [record for record in records if record.state is LeaseState.BOUND]


def proves(port: int, key: bytes, binds: list[str], *, answer_s: float = _ANSWER_S) -> bool:
    """Whether the listener at `port` is that of `key`, and alive.

    One that hangs up on us without a word lives too: the kernel does not do that by itself.

    Args:
        port: on 127.0.0.1.
        key: the owner's.
        binds: the ids of leases, of which the listener names one.
        answer_s: how long each part of the answer may take.
    """
    nonce = os.urandom(16).hex()
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=answer_s)
    except OSError:
        return False
    with connection:
        try:
            answer = _asked(connection, f"GET /health?nonce={nonce} HTTP/1.1", port)
        except TimeoutError:
            return False
        except ConnectionError:
            answer = b""
    if not answer:
        return True
    try:
        said = json.loads(answer.partition(b"\r\n\r\n")[2])["proof"]
    except (ValueError, KeyError, TypeError):
        return False
    wanted = (proof(key, nonce=nonce, port=port, bind=bind) for bind in binds)
    return isinstance(said, str) and any(compare_digest(said, one) for one in wanted)


def _asked(connection: socket.socket, line: str, port: int) -> bytes:
    """The whole answer, to the end of the connection; http.client would double our size."""
    head = f"{line}\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"
    connection.sendall(head.encode())
    answer = b""
    while len(answer) < _LONGEST_ANSWER and (heard := connection.recv(_LONGEST_ANSWER)):
        answer += heard
    return answer
