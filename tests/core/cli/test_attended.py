"""Another program in our place: how its end becomes ours."""

import os
import signal
import subprocess
import sys

import pytest

from core.cli.attended import attend, end_alike
from core.domain.errors import CoreError


def test_its_exit_code_is_ours() -> None:
    assert end_alike(attend([sys.executable, "-S", "-c", "raise SystemExit(7)"], os.environ)) == 7


def test_our_own_signal_handlers_are_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    attend([sys.executable, "-S", "-c", ""], os.environ)
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_we_ignore_is_ignored_by_it_too() -> None:
    """As `nohup` has it."""
    ask = "import signal; raise SystemExit(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    ran = subprocess.run(
        ["nohup", sys.executable, "-c", _ATTENDS, sys.executable, "-c", ask], check=False
    )
    assert ran.returncode == 1


_ATTENDS = """
import os, sys
from core.cli.attended import attend
sys.exit(attend(sys.argv[1:], os.environ))
"""


def test_a_program_that_cannot_be_started_is_named() -> None:
    with pytest.raises(CoreError) as raised:
        attend(["/nowhere/codex"], os.environ)
    assert raised.value.code == "codex_not_started"
    assert "/nowhere/codex" in raised.value.message


def test_a_signal_that_leaves_a_core_file_becomes_a_number() -> None:
    assert end_alike(-signal.SIGABRT) == 128 + signal.SIGABRT
