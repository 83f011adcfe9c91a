"""The proxy runs unchanged on the loops that asyncio shares with Qt."""

import asyncio
import os
import subprocess
import sys

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until
from tests.fakes.clock import FakeClock
from tray.main import new_loop

EVENT = b"event: response.output_text.delta\ndata: %d\n\n"


async def streams_and_leavers() -> None:
    back_end = BackEnd()
    await back_end.start()
    rig = Rig(back_end.port, FakeClock())
    await rig.start()
    hung_up = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        if arrived.body == b"leave":
            await wire.reader.read()
            hung_up.set()
            return
        await wire.events()
        for n in range(20):
            await wire.chunk(EVENT % n)
        await wire.end()

    back_end.script = script
    clients = [await Client.connect(rig.port) for _ in range(8)]
    whole = b"".join(EVENT % n for n in range(20))
    for _ in range(3):
        answers = await asyncio.gather(*(client.ask() for client in clients))
        assert [got.body for got in answers] == [whole] * 8
    await clients[0].send(request_bytes(body=b"leave"))
    await until(lambda: back_end.arrived[-1].body == b"leave")
    clients[0].cut()
    await asyncio.wait_for(hung_up.wait(), 2)
    for client in clients:
        await client.close()
    await rig.server.drain(grace_s=0)
    await back_end.stop()
    assert len(rig.records) == 25


@pytest.mark.parametrize("loop", ["tray", "qasync"])
def test_streams_pass_and_leavers_are_noticed_beside_qt(loop: str) -> None:
    # In a process of its own, as in the program: a Qt loop that has ended leaves notifiers and
    # timers behind, which must not hear the events of other tests.
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", __name__, loop],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (ran.returncode, ran.stdout) == (0, "passed\n"), ran.stderr


if __name__ == "__main__":
    application = QApplication(sys.argv)
    chosen = qasync.QEventLoop if sys.argv[1] == "qasync" else new_loop
    with asyncio.Runner(loop_factory=lambda: chosen(application)) as runner:
        runner.run(streams_and_leavers())
    sys.stdout.write("passed\n")
    sys.stdout.flush()
    os._exit(0)
