"""A command line can be read by everybody: its address serves our own user's processes alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.proxy.clients import ValidSecret
from core.proxy.peer import End, may_be_ours, uid_of
from tests.core.proxy.rig import BackEnd, Client, Rig

pytestmark = pytest.mark.both_loops

TABLE = (
    "   0: 0100007F:2257 0100007F:D431 01 00000000:00000000 00:00000000 00000000   501        0 1",
    "   1: 0100007F:D431 0100007F:2257 01 00000000:00000000 00:00000000 00000000  1000        0 2",
    "   2: 00000000000000000000000001000000:D432 00000000000000000000000001000000:2257 01 "
    "00000000:00000000 00:00000000 00000000  1001        0 3",
)
CALLER = """
import os, socket, sys
if os.getuid() == 0:
    os.setuid(65534)  # which may not read the library from here on
with socket.socket() as caller:
    caller.connect(("127.0.0.1", int(sys.argv[1])))
    os.write(1, b"\\n")
    os.read(0, 1)
"""


@pytest.mark.parametrize(
    ("ours", "theirs", "uid"),
    [
        pytest.param(("127.0.0.1", 8791), ("127.0.0.1", 54321), 1000, id="the caller's, not ours"),
        pytest.param(("::1", 8791), ("::1", 54322), 1001, id="over IPv6"),
        pytest.param(("127.0.0.1", 8791), ("127.0.0.1", 54322), None, id="it is not there"),
    ],
)
def test_the_kernels_table_says_whose_socket_it_is(ours: End, theirs: End, uid: int | None) -> None:
    assert uid_of(TABLE, ours, theirs) == uid


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_our_own_process_may_call(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as caller:
        assert may_be_ours(listener.getsockname(), caller.getsockname())
    assert not may_be_ours(listener.getsockname(), ("127.0.0.1", 1)), "nobody is there"


def test_another_users_process_may_not(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-S", "-c", CALLER, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"\n"
        connection, theirs = listener.accept()
        with connection:
            # Without root nobody can be another user: then the table says that it is ours.
            assert may_be_ours(listener.getsockname(), theirs) is (os.getuid() != 0)
        caller.communicate()


@pytest.mark.parametrize("ours", [True, False])
async def test_an_address_for_our_own_user_serves_nobody_else(
    rig: Rig, back_end: BackEnd, monkeypatch: pytest.MonkeyPatch, ours: bool
) -> None:
    asked: list[tuple[End, End]] = []

    def may(here: End, there: End) -> bool:
        asked.append((here, there))
        return ours

    monkeypatch.setattr("core.proxy.listener.may_be_ours", may)
    monkeypatch.setattr(rig, "valid", lambda secret: ValidSecret(bind="b", own_user=True))
    await rig.server.drain(grace_s=0)
    await rig.start()
    caller = await Client.connect(rig.port)
    got = await caller.ask()
    assert asked == [(("127.0.0.1", rig.port), caller.writer.get_extra_info("sockname"))]
    await caller.close()
    assert got.status == (200 if ours else 400)
    assert len(back_end.arrived) == ours
