"""Who watches while something is bound: the guard's process, and its entry for the next login."""

from collections.abc import Callable
from pathlib import Path

from core.binding.guard import start_guard
from core.startup.entry import Kind, StartUp


class Guarding:
    """Starts the guard of one data folder, and ends what outlives a bind."""

    def __init__(self, root: Path, startup: StartUp, *, wanted: Callable[[], bool]) -> None:
        """Starts nothing.

        Args:
            root: the data folder.
            startup: where the login entry is made.
            wanted: whether the user wants a guard (`bind.watch`).
        """
        self._root = root
        self._startup = startup
        self._wanted = wanted

    def start(self) -> None:
        """See to it that a guard runs, and that the next login looks for what it could not do.

        Raises:
            CoreError: `guard_failed` or `startup_failed`.
        """
        if self._wanted():
            start_guard(self._root)
            self._startup.enable(Kind.GUARD)

    def end(self) -> None:
        """Nothing is bound any more: the login entry goes. The process ends by itself.

        Raises:
            CoreError: `startup_failed`.
        """
        self._startup.disable(Kind.GUARD)
