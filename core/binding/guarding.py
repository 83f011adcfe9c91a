"""Who watches while something is bound: the guard's process, and its entry for the next login."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.binding.guard import start_guard
from core.binding.proof import forget_key, keep_key
from core.binding.restart import announce_restart
from core.startup.entry import Kind, Standing, StartUp


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
        self.health_key: bytes | None = None
        """By what our listener proves itself to the guard; None: nothing listens."""
        self.restarting = False
        """Whether this owner's end is a restart: Codex stays bound for two minutes."""

    def start(self) -> None:
        """See to it that a guard runs, and that the next login looks for what it could not do.

        Raises:
            CoreError: `guard_failed`, `startup_failed` or a disk error.
        """
        if not self._wanted():
            return
        start_guard(self._root)
        self._startup.enable(Kind.GUARD)
        if self.health_key is not None:
            keep_key(self._root, self.health_key)

    def leaves_bound(self, now: datetime) -> bool:
        """Announce the restart; False: there is none, or no guard that would undo the binds."""
        if not self.restarting or not self._wanted():
            return False
        if self._startup.look(Kind.GUARD).standing is not Standing.READY:
            return False
        try:
            announce_restart(self._root, now)
        except OSError:
            return False
        # The next owner may be asked for a passphrase before it listens: it is not ours to prove.
        forget_key(self._root)
        return True

    def end(self) -> None:
        """Nothing is bound any more: the login entry goes. The process ends by itself.

        Raises:
            CoreError: `startup_failed`.
        """
        self._startup.disable(Kind.GUARD)
        forget_key(self._root)
