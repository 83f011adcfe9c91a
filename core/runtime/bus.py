"""Typed events, published and heard on one loop.

A listener is a plain function that must not wait; it is called before `publish` returns. One that
raises does not keep the others from hearing.
"""

import logging
from collections.abc import Callable

from core.domain.events import Event

_log = logging.getLogger(__name__)


class Bus:
    """Passes each event to everyone who listens at that moment."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: dict[object, Callable[[Event], None]] = {}

    def listen(self, hear: Callable[[Event], None]) -> Callable[[], None]:
        """Call `hear` with each event from now on; the answer ends that."""
        key = object()
        self._listeners[key] = hear

        def stop() -> None:
            self._listeners.pop(key, None)

        return stop

    def publish(self, *events: Event) -> None:
        """Tell everyone, in order."""
        for event in events:
            for hear in tuple(self._listeners.values()):
                try:
                    hear(event)
                except Exception:
                    _log.exception("a listener failed on %s", type(event).__name__)
