"""Whom we believe: the same on each Python, and no less than Codex believes."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from core.runtime.net import trusted
from tests.fakes.connect_proxy import Authority


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """A whole TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    answers = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [asks, answers]
    while waiting:
        for side in tuple(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)


def test_an_authority_without_the_newest_extensions_is_believed(tmp_path: Path) -> None:
    """As many a company has one: what it signs names no keys."""
    authority = Authority.create(tmp_path, plain=True)
    shake_hands(trusted(str(authority.bundle)), authority.server_context("127.0.0.1"))


def test_an_authority_that_is_named_counts_although_another_vouches_for_it(tmp_path: Path) -> None:
    above, below = tmp_path / "above", tmp_path / "below"
    above.mkdir()
    below.mkdir()
    authority = Authority.create(above).intermediate(below)
    shake_hands(trusted(str(authority.bundle)), authority.server_context("127.0.0.1"))


def test_nobody_else_is_believed(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(trusted(""), authority.server_context("127.0.0.1"))


def test_client_comes_without_the_library_s_own_command_line() -> None:
    # In a process of its own: whoever imported it before has it.
    made = (
        "import sys; from core.domain.settings import Settings; from core.runtime.net import "
        "connector; connector(Settings().upstream)(); "
        "print('httpx' in sys.modules, 'rich' in sys.modules, 'click' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", made], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.stdout.split() == ["True", "False", "False"], ran.stderr
