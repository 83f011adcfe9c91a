"""A connection through which nothing gets any more is ended by the system."""

import socket
import sys
from typing import cast

import pytest

from core.proxy import liveness
from tests.core.proxy.rig import BackEnd, Client, Rig

pytestmark = pytest.mark.both_loops


async def test_each_connection_to_the_back_end_is_watched(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.ask()
    (connection,) = rig.server._upstream._pool._all
    assert connection.wire is not None
    found = connection.wire.get_extra_info("socket")
    ask = cast("socket.socket", found).getsockopt
    assert ask(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if sys.platform == "linux":
        waits_ms = ask(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert waits_ms == liveness.UNACKNOWLEDGED_S * 1000


class _NoSocket:
    """A wire that has none any more."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


@pytest.mark.parametrize("wire", [None, _NoSocket()], ids=["gone", "without a socket"])
def test_what_is_gone_is_not_watched(wire: object) -> None:
    liveness.watch(wire)  # type: ignore[arg-type]
