"""What the tray is given to show and to steer: a façade, and how to leave it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.control.facade import Facade
from core.words.speech import Speech


async def _never() -> bool:
    """An engine of this process cannot end without it."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that answers.

    Attributes:
        facade: how it is reached.
        speech: the person's language and time zone.
        owned: whether it runs in this process and ends with it.
        stop: leaves it: an owned engine gives Codex back and stops (within a few seconds), one
            of another process goes on. It calls what it is given when it takes longer, because
            the answer to a renewal of a login must not be lost.
        broke: whether it has ended although nobody asked it to: then the next one is opened.
        trouble: what the person is told when it is shown first; empty where all is well.
    """

    facade: Facade
    speech: Speech
    owned: bool
    stop: Callable[[Callable[[], None]], Awaitable[None]]
    broke: Callable[[], Awaitable[bool]] = _never
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownElsewhere:
    """A tray of this user runs already, and has been asked to come to the front."""


type OpenEngine = Callable[[], Awaitable[Engine | ShownElsewhere]]
"""Finds the engine of this user, or starts one.

Raises:
    CoreError: why it cannot be started.
"""
