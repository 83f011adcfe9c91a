"""The one interface that both faces use, with two implementations: in process and remote.

A face performs verbs of the table (`core.control.commands`), reads the snapshot, and watches. It
cannot tell whether the engine runs in its own process or behind the control endpoint.
"""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from core.domain.events import ShowRequested
    from core.domain.report import StatusReport

type JsonValue = bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None


class Facade(Protocol):
    """How a face reaches the engine."""

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Perform a verb of the table; the answer is its JSON object.

        Raises:
            CoreError: what happened, what was kept, what to do next; nothing was changed.
        """
        ...

    async def status(self) -> "StatusReport":
        """The snapshot as it is now."""
        ...

    def watch(self) -> "AsyncIterator[StatusReport | ShowRequested]":
        """The snapshot now and after every change (a burst gives one), and wishes to be shown.

        Ends when the engine ends.
        """
        ...
