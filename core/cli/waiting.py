"""Says once, when it comes to that, why a program does not end at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from core.words.ending import renewal_awaited

if TYPE_CHECKING:
    from core.app import App
    from core.domain.events import Event


def tell_wait(app: "App", out: TextIO, *, is_ending: Callable[[], bool] = lambda: True) -> None:
    """Print it to `out` when a renewal is awaited; not before `is_ending`."""
    from core.domain.events import RenewalAwaited

    def hear(event: "Event") -> None:
        if isinstance(event, RenewalAwaited) and is_ending():
            forget()
            print(renewal_awaited(app.speech), file=out, flush=True)

    forget = app.bus.listen(hear)
