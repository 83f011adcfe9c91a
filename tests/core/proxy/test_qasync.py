"""The proxy runs unchanged on the tray's loop, which is Qt's."""

import asyncio
from collections.abc import Coroutine

import qasync
from pytestqt.qtbot import QtBot

from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until
from tests.fakes.clock import FakeClock

EVENT = b"event: response.output_text.delta\ndata: %d\n\n"


def run_on_qt(work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(already_running=False)) as runner:
        runner.run(work)


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


def test_streams_pass_and_leavers_are_noticed_on_the_qt_loop(qtbot: QtBot) -> None:
    run_on_qt(streams_and_leavers())
