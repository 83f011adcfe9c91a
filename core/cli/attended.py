"""Runs another program in our place: its streams are ours, its signals and its end too."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_ENDINGS = frozenset({"SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGALRM"})
"""Signals that end a program and leave nothing behind: we end by the same one. The others would
write a core file of ours beside the program's."""
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGBREAK")
_FROM_THE_TERMINAL = frozenset({"SIGINT", "SIGQUIT", "SIGBREAK"})


def attend(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run `command` to its end; its exit code, or the negative number of the signal that ended it.

    Raises:
        CoreError: `codex_not_started`.
    """
    with _signals() as passing:
        try:
            process = subprocess.Popen(command, env=env)
        except OSError as error:
            why = error.strerror or Sentence("the system refused")
            raise CoreError(
                "codex_not_started",
                Sentence("{program} could not be started: {why}.", program=command[0], why=why),
                "Check that Codex is installed.",
            ) from error
        passing.to(process)
        return process.wait()


def end_alike(code: int) -> int:
    """The exit code to leave with; where a signal ended the program, the same one ends us."""
    if code >= 0 or sys.platform == "win32":
        return code
    number = signal.Signals(-code)
    if number.name in _ENDINGS:
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


class _Passing:
    """Hands signals on; those that come before there is a program wait for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def to(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        for number in self._waiting:
            process.send_signal(number)

    def heard(self, number: int, _frame: FrameType | None) -> None:
        if signal.Signals(number).name in _FROM_THE_TERMINAL and _in_front():
            return  # the terminal has sent it to the whole group, and the program is in it
        if self._process is None:
            self._waiting.append(number)
        else:
            self._process.send_signal(number)


@contextmanager
def _signals() -> Iterator[_Passing]:
    # Handlers, not SIG_IGN: a program that is started inherits what is ignored.
    passing = _Passing()
    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    before = {
        number: signal.signal(number, passing.heard)
        for number in numbers
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield passing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_front() -> bool:
    """Whether our group is the one that the terminal sends its keys to."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
