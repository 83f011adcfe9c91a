"""Through what a request is answered: the client's connection itself, or something before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.decision import Refuse
from core.proxy.answers import Speech, as_json, fault_answer, named, refusal_answer
from core.proxy.messages import OwnAnswer, ResponseHead
from core.words.answers import Fault, Say


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """In whose language we answer for ourselves: Codex's (`answers`) or everybody's (`v1_answers`).

    Attributes:
        refusal: no account serves.
        fault: the request is not passed on, or the way to the back end fails.
        not_json: in the place of a web page that the back end answered with this status.
        named: the answer with the id under which its request is written down.
    """

    refusal: Callable[[Refuse, Speech, datetime], OwnAnswer]
    fault: Callable[[Fault, Say], OwnAnswer]
    not_json: Callable[[int, Say], OwnAnswer]
    named: Callable[[OwnAnswer, str], OwnAnswer]


CODEX = Tongue(
    refusal=lambda refusal, speech, now: refusal_answer(refusal, speech, now=now),
    fault=fault_answer,
    not_json=as_json,
    named=named,
)


class Voice(Protocol):
    """What `Passing` answers through.

    Real implementations: `reply.Reply`, and for other tools than Codex those of `v1_replies`.
    """

    @property
    def status(self) -> int | None:
        """The status code that the client got; None before the commit point."""
        ...

    def begin(self, head: ResponseHead, *, request_id: str) -> None:
        """The head of an answer that is passed on."""
        ...

    def flush(self) -> None:
        """Send the head now, though no byte of the body is here yet."""
        ...

    def write(self, data: bytes, last: bool) -> None:
        """One read's worth of the body; `last` ends the answer."""
        ...

    def answer(self, own: OwnAnswer) -> None:
        """An answer of ours, whole."""
        ...

    def cut(self) -> None:
        """The back end cut its answer."""
        ...

    def on_full(self, told: Callable[[bool], None] | None) -> None:
        """Whom to tell that the client takes no more for now (True), or again (False)."""
        ...
