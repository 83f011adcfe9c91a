"""The dead-proxy guarantee: a small process that outlives the owner and gives Codex back.

It waits in the kernel for the owner's death, undoes every bind at once, takes over the old ports
with one sentence, and lets go when an owner is back (docs/decisions/0008). An owner that lives and
is silent for half a minute is ended. Standard library only; everything is loaded at the start, so
that it also works while the program is being removed.

Run as a script it is the guard's own process: `python guard.py --home FOLDER [--detach]`.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if __package__ in {None, ""}:  # started by path, from wherever this copy lies; Python's own first
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from core.binding.lean import spare_openssl

    spare_openssl()

from core.binding.bind_lock import try_lock
from core.binding.durable import PRIVATE_FILE, PRIVATE_FOLDER
from core.binding.last_words import LastWords
from core.binding.owner_watch import OwnerWatch, has_open
from core.binding.places import Places
from core.binding.proof import forget_key
from core.binding.pulse import Pulse
from core.binding.remembered import Remembered
from core.binding.restart import restart_awaited
from core.binding.undo_all import Undone, undo_all
from core.domain.binding import Recovery
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.domain.version import VERSION
from core.runtime.clock import Clock, SystemClock

_LOOK_S = 0.1
_RETRY_S = 2.0
_LINGER_S = 24 * 60 * 60.0


class Guard:
    """Watches one data folder. `run` returns when nobody can need it any more."""

    def __init__(
        self,
        root: Path,
        *,
        clock: Clock,
        linger_s: float = _LINGER_S,
        pulse: Pulse | None = None,
    ) -> None:
        """Nothing is watched yet.

        Args:
            root: the data folder.
            clock: measures waits.
            linger_s: how long open chats are answered after the owner's end.
            pulse: how an owner that lives is asked whether it serves; the usual way unless given.
        """
        self._root = root
        self._pulse = pulse or Pulse(root, clock)
        self._clock = clock
        self._linger_s = linger_s
        self._owner = OwnerWatch(Places(root).owner_lock)
        self._remembered = Remembered(root)
        self._words = LastWords(clock)
        self._said: set[str] = set()

    def run(self) -> None:
        """Until there is nothing to answer for, or nobody came back in time.

        Raises:
            FileNotFoundError: the data folder is gone.
        """
        try:
            while self._restarted() or self._stood_in():
                pass
        except FileNotFoundError:
            self._stand_in_without_folder()
            raise

    def _stand_in_without_folder(self) -> None:
        """The folder was removed while Codex was bound: give it back all the same, and answer."""
        if self._remembered.are_needed:
            with contextlib.suppress(OSError):
                undone = self._undo_at_death()
                self._words.listen(undone.ports)
                self._stand_in(undone)
            self._words.close()

    def _restarted(self) -> bool:
        """Wait for the owner's end; True: it had announced a restart, and is back in time."""
        with self._no_owner():
            left = restart_awaited(self._root, self._clock.now())
        end = self._clock.monotonic() + left.total_seconds()
        while self._clock.monotonic() < end:
            self._words.turn(_LOOK_S)  # nothing listens yet: this only passes the time
            if self._owner.owner_is_back():
                return True
        return False

    def _no_owner(self) -> contextlib.AbstractContextManager[bool]:
        """The owner's end is waited for; meanwhile it has to prove now and then that it serves."""
        self._remembered.look()
        return self._owner.no_owner(
            wait=True, every_s=self._pulse.every_s, meanwhile=self._look_after
        )

    def _look_after(self) -> None:
        self._remembered.look()
        self._end_if_hung()

    def _end_if_hung(self) -> None:
        """Codex first; then the owner, which has the port that open chats wait at."""
        if not self._pulse.is_lost():
            return
        self.undo()
        ended = self._owner.end_owner()
        self._say(
            "Turntable did not answer any more and was ended."
            if ended
            else "Turntable does not answer any more; it could not be ended."
        )

    def _stood_in(self) -> bool:
        """Give Codex back and answer at its old ports; True: an owner is back."""
        with self._no_owner():
            self._said.clear()
            forget_key(self._root)
            undone = self._undo_at_death()
            self._remembered.look()
            self._words.listen(undone.ports)
        came_back = self._stand_in(undone)
        self._words.close()
        return came_back

    def _stand_in(self, undone: Undone) -> bool:
        """Answer at the old ports, and undo what could not be undone yet; True: owner is back."""
        now = self._clock.monotonic()
        end, retry = now + self._linger_s, now + _RETRY_S
        while now < end and (undone.ports or not undone.complete):
            self._words.turn(_LOOK_S)
            if self._owner.owner_is_back():
                return True
            now = self._clock.monotonic()
            if now >= retry:
                retry = now + _RETRY_S
                undone = self._try_again(undone)
        return False

    def _try_again(self, undone: Undone) -> Undone:
        """What could not be undone, and the ports that could not be had."""
        if undone.complete and self._words.listen(()) == undone.ports:
            return undone
        with self._owner.no_owner(wait=False) as free:
            if free:
                undone = undone if undone.complete else self.undo()
                self._words.listen(undone.ports)
        return undone

    def _undo_at_death(self) -> Undone:
        """By the journal; by heart, where it was removed with its folder."""
        if not self._remembered.are_needed:
            return self.undo()
        with self._remembered.back_in_place():
            return self.undo()

    def undo(self) -> Undone:
        """Give every bound home back; what was done stands in the log."""
        try:
            undone = undo_all(self._root)
        except CoreError as error:
            lock = Places(self._root).bind_lock
            failed = Recovery(journal=lock, codex_home=None, result=None, because=error.message)
            undone = Undone(recoveries=(failed,), ports=frozenset())
        for recovery in undone.recoveries:
            what = recovery.because or recovery.result
            self._say(f"{recovery.codex_home or recovery.journal}: {what}")
        return undone

    def _say(self, sentence: str) -> None:
        """Into the log; once for each death, however often it is tried again."""
        if sentence not in self._said:
            self._said.add(sentence)
            sys.stderr.write(f"{self._clock.now().isoformat(timespec='seconds')} {sentence}\n")
            sys.stderr.flush()


def start_guard(home: Path) -> int:
    """See to it that a guard watches the data folder `home`; its process id.

    The guard belongs to no terminal and no session of ours and inherits nothing but its name.

    Raises:
        CoreError: `guard_failed`.
    """
    import subprocess

    try:
        done = subprocess.run(
            [*guard_command(), "--home", str(home), "--detach"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            cwd=home,
            timeout=20,
            check=True,
        )
        return int(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CoreError(
            "guard_failed",
            Sentence(
                "The guard could not be started ({why}); if Turntable is killed, Codex "
                "stays bound until the next start.",
                why=type(error).__name__,
            ),
            "Look into log/guard.log in Turntable’s data folder.",
        ) from error


def guard_command() -> list[str]:
    """How this copy of the program starts its guard."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "guard-process"]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve())]


_INHERITED = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")


def main(arguments: list[str]) -> int:
    """The guard's process: `--home FOLDER`.

    `--detach` leaves it behind and prints its id; `--login` undoes what even a guard could not,
    and ends.
    """
    root = Path(arguments[arguments.index("--home") + 1])
    if "--login" in arguments:
        _undo_at_login(root)
        return 0
    if "--detach" in arguments:
        return _detach(root)
    _watch(root, lambda _pid: None)
    return 0


def _undo_at_login(root: Path) -> None:
    """After a kill of owner and guard, or a power cut: nobody owns the folder, Codex is bound."""
    with (
        contextlib.suppress(FileNotFoundError),  # the data folder was removed
        OwnerWatch(Places(root).owner_lock).no_owner(wait=False) as nobody,
    ):
        if nobody:
            Guard(root, clock=SystemClock()).undo()


def _watch(root: Path, started: Callable[[int], None]) -> None:
    """Be the guard, unless there is one; `started` is told the guard's process id."""
    owner = OwnerWatch(Places(root).owner_lock)
    with contextlib.suppress(FileNotFoundError):  # the data folder was removed
        while True:
            with _the_only_one(Places(root).guard_lock) as guard:
                started(guard)
                if guard != os.getpid():
                    return
                Guard(root, clock=SystemClock()).run()
            # An owner that came in this moment has still seen a guard, and relies on it.
            with owner.no_owner(wait=False) as nobody_came:
                if nobody_came:
                    return


@contextlib.contextmanager
def _the_only_one(lock: Path) -> Iterator[int]:
    """Hold the guard's lock; yields the process id of whoever holds it.

    A guard of another version makes place: an upgrade must not leave the old one to watch for days.
    Whoever starts the new one owns the folder, so that there is nothing to miss in between.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        while not try_lock(descriptor):
            pid, _, version = lock.read_text("ascii").partition(" ")
            if version == VERSION:
                yield int(pid)
                return
            if pid and has_open(int(pid), lock):
                with contextlib.suppress(OSError):  # it has ended by itself
                    os.kill(int(pid), signal.SIGTERM)
            time.sleep(_LOOK_S)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} {VERSION}".encode())
        yield os.getpid()
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _leave_everything(log: Path) -> None:
    """Keep no folder busy and no pipe open; what we say goes to the log."""
    os.chdir("/")
    os.umask(0o077)
    log.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor, target in ((nowhere, 0), (nowhere, 1), (written, 2)):
        os.dup2(descriptor, target)
    os.close(written)
    os.close(nowhere)


if sys.platform == "win32":

    def _detach(root: Path) -> int:
        """Leave a guard behind in a job of its own; print its process id."""
        import subprocess

        flags = (
            subprocess.DETACHED_PROCESS
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.CREATE_BREAKAWAY_FROM_JOB
        )
        log = Places(root).guard_log
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as written:
            guard = subprocess.Popen(
                [*guard_command(), "--home", str(root)],
                creationflags=flags,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=written,
            )
        sys.stdout.write(str(guard.pid))
        return 0

else:

    def _detach(root: Path) -> int:
        """Leave a guard behind in a session of its own; print its process id."""
        reader, writer = os.pipe()
        if os.fork():
            os.close(writer)
            with os.fdopen(reader) as pipe:
                guard = pipe.read()
            sys.stdout.write(guard)
            return 0 if guard else 1
        os.close(reader)
        os.setsid()
        for sign in (signal.SIGHUP, signal.SIGINT):
            signal.signal(sign, signal.SIG_IGN)
        _leave_everything(Places(root).guard_log)

        def started(guard: int) -> None:
            nonlocal writer
            if writer >= 0:
                os.write(writer, str(guard).encode())
                os.close(writer)
                writer = -1

        _watch(root, started)
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
