"""The secrets of `turntable codex`: each counts as long as its run lives, and no moment longer.

A run is a process that holds a lock of its own in `run/`. The kernel releases it at any kind of
death, so that nobody has to tell the owner that a run is over.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.binding.address import new_secret
from core.binding.bind_lock import try_lock
from core.binding.durable import PRIVATE_FILE
from core.domain.account import AccountId
from core.domain.binding import BindSecret
from core.domain.errors import CoreError

_RUN = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSecret:
    """What one run of Codex presents.

    Attributes:
        run: names the run and its lock.
        secret: what stands in its base address.
        only: the account that the user forced; None: any.
    """

    run: str
    secret: BindSecret = field(repr=False)
    only: AccountId | None


@contextmanager
def run_lock(folder: Path) -> Iterator[str]:
    """Be a run for the length of the block; yields its name, which the owner is told.

    Args:
        folder: the data folder's `run`, which exists.

    Raises:
        OSError: the lock cannot be made.
    """
    run, descriptor = _locked(folder)
    try:
        yield run
    finally:
        os.close(descriptor)
        _path(folder, run).unlink(missing_ok=True)


def _locked(folder: Path) -> tuple[str, int]:
    """A new lock; another one when an owner that sweeps took this one for a dead run's."""
    while True:
        run = secrets.token_hex(8)
        path = _path(folder, run)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        if try_lock(descriptor) and path.exists():
            return run, descriptor
        os.close(descriptor)


class Runs:
    """The owner's side: who may call for one run."""

    def __init__(self, folder: Path, *, random_bytes: Callable[[int], bytes]) -> None:
        """`folder` is the data folder's `run`; nothing is read yet."""
        self._folder = folder
        self._random_bytes = random_bytes
        self._known: dict[str, RunSecret] = {}

    @property
    def secrets(self) -> tuple[RunSecret, ...]:
        """Every secret that was given out and not found dead yet; ask `lives` before it counts."""
        return tuple(self._known.values())

    def begin(self, run: str, only: AccountId | None) -> RunSecret:
        """A secret for the run that holds the lock of this name.

        Raises:
            CoreError: `no_such_run`: nobody holds it.
        """
        self._sweep()
        if not _RUN.fullmatch(run) or not self._is_held(run):
            raise CoreError("no_such_run", "There is no such run of Codex; nothing was changed.")
        known = RunSecret(run=run, secret=new_secret(self._random_bytes), only=only)
        self._known[run] = known
        return known

    def lives(self, run: str) -> bool:
        """Whether its process still holds the lock; a dead one's secret is forgotten."""
        if run in self._known and not self._is_held(run):
            del self._known[run]
        return run in self._known

    def any_lives(self) -> bool:
        """Whether a run is under way."""
        return any(self.lives(run) for run in tuple(self._known))

    def _is_held(self, run: str) -> bool:
        path = _path(self._folder, run)
        try:
            descriptor = os.open(path, os.O_RDWR)
        except OSError:
            return False
        try:
            held = not try_lock(descriptor)
        finally:
            os.close(descriptor)
        if not held:
            with suppress(OSError):  # what a killed run has left behind
                path.unlink()
        return held

    def _sweep(self) -> None:
        """Remove the locks of runs that were killed while nobody looked."""
        for path in self._folder.glob("codex-*.lock"):
            self._is_held(path.name.removeprefix("codex-").removesuffix(".lock"))


def _path(folder: Path, run: str) -> Path:
    return folder / f"codex-{run}.lock"
