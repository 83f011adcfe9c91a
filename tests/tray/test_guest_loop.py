"""asyncio as Qt's guest: everything a loop promises, and Qt goes on beside it."""

import asyncio
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tray.guest_loop import GuestLoop


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=lambda: GuestLoop(qapp)) as runner:
        yield runner


async def soon(what: Awaitable[object]) -> object:
    return await asyncio.wait_for(what, 20)


def after(ms: int, slot: Callable[[], object]) -> None:
    QTimer.singleShot(ms, slot)


def test_coroutine_runs_to_its_end_and_another_one_after_it(runner: asyncio.Runner) -> None:
    async def answer(number: int) -> int:
        await asyncio.sleep(0)
        return number

    assert [runner.run(answer(n)) for n in (1, 2)] == [1, 2]


def test_error_of_the_main_task_comes_out(runner: asyncio.Runner) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        runner.run(fail())


def test_exit_in_a_callback_ends_the_program(runner: asyncio.Runner) -> None:
    async def leave() -> None:
        asyncio.get_running_loop().call_soon(sys.exit, 3)
        await asyncio.Event().wait()

    with pytest.raises(SystemExit):
        runner.run(leave())


def test_waits_end_in_the_order_of_their_times(runner: asyncio.Runner) -> None:
    ended: list[int] = []

    async def wait() -> None:
        async def one(ms: int) -> None:
            await asyncio.sleep(ms / 1000)
            ended.append(ms)

        await soon(asyncio.gather(*(one(ms) for ms in (60, 0, 20, 40, 1))))

    runner.run(wait())
    assert ended == [0, 1, 20, 40, 60]


def test_slot_of_qt_starts_a_task_and_a_wait(runner: asyncio.Runner) -> None:
    async def main() -> tuple[object, ...]:
        loop = asyncio.get_running_loop()
        task, waited = loop.create_future(), loop.create_future()

        async def work() -> None:
            await asyncio.sleep(0)
            task.set_result("task")

        def slot() -> None:
            assert asyncio.get_running_loop() is loop
            started.append(loop.create_task(work()))
            loop.call_later(0.01, waited.set_result, "wait")

        started: list[asyncio.Task[None]] = []
        after(1, slot)
        return (await soon(task), await soon(waited))

    assert runner.run(main()) == ("task", "wait")


def test_other_thread_is_heard(runner: asyncio.Runner) -> None:
    async def main() -> tuple[object, object]:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(heard.set))
        thread.start()
        return await soon(heard.wait()), await soon(asyncio.to_thread(lambda: "beside"))

    assert runner.run(main()) == (True, "beside")


def test_signal_is_heard_while_nothing_happens(runner: asyncio.Runner) -> None:
    async def main() -> object:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, heard.set)
        after(10, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        try:
            return await soon(heard.wait())
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)

    assert runner.run(main()) is True


def test_sockets_and_other_programs_answer(runner: asyncio.Runner) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def ask(port: int, number: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"%d\n" % number)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def main() -> object:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            answers = await soon(asyncio.gather(*(ask(port, n) for n in range(40))))
        program = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(5)")
        return answers, await soon(program.wait())

    assert runner.run(main()) == ([b"%d\n" % n for n in range(40)], 5)


def test_qt_has_its_turn_while_asyncio_always_has_something_to_do(runner: asyncio.Runner) -> None:
    async def main() -> int:
        ticks, busy = 0, True

        def tick() -> None:
            nonlocal ticks, busy
            ticks += 1
            busy = ticks < 5

        timer = QTimer(interval=1)
        timer.timeout.connect(tick)
        timer.start()
        while busy:  # noqa: ASYNC110 - this is the point: it never rests
            await asyncio.sleep(0)
        timer.stop()
        return ticks

    assert runner.run(main()) == 5


def test_asyncio_has_its_turn_while_qt_runs_a_loop_of_its_own(runner: asyncio.Runner) -> None:
    """Dragging a word out of a field does that, inside of Qt."""

    async def main() -> object:
        loop, went_on = asyncio.get_running_loop(), asyncio.Event()
        inner = QEventLoop()

        def drag() -> None:
            loop.call_later(0.01, went_on.set)
            loop.call_later(0.02, inner.quit)
            inner.exec()

        after(1, drag)
        return await soon(went_on.wait())

    assert runner.run(main()) is True


def test_qt_inside_of_a_callback_holds_asyncio_up_and_breaks_nothing(
    runner: asyncio.Runner,
) -> None:
    async def main() -> tuple[list[str], object]:
        loop, came = asyncio.get_running_loop(), asyncio.Event()
        order: list[str] = []
        inner = QEventLoop()
        after(30, inner.quit)
        loop.call_later(0.001, lambda: (order.append("later"), came.set()))
        threading.Timer(0.005, loop.call_soon_threadsafe, (order.append, "thread")).start()
        inner.exec()
        order.append("callback")
        return order, await soon(came.wait())

    order, came = runner.run(main())
    assert order[0] == "callback"
    assert sorted(order) == ["callback", "later", "thread"]
    assert came is True


def test_nothing_to_do_costs_nothing(runner: asyncio.Runner) -> None:
    async def main() -> float:
        await asyncio.sleep(0.05)
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
        await asyncio.sleep(0.5)
        return resource.getrusage(resource.RUSAGE_THREAD).ru_utime - before

    assert runner.run(main()) < 0.1
