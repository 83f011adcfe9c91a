"""The program dies in every way while the real Codex is routed: nobody is left waiting.

Within ten seconds a new chat works and an open one ends with our sentence; where the guard was
killed too, Codex works again at the next login.
"""

import asyncio
import os
import signal
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from socket import create_server

import pytest

from core.binding.durable import Disk
from core.binding.journal import Journal
from core.binding.last_words import SENTENCE
from core.standin.script import Stall
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.fakes.codex_app_server import AppServer
from tests.fakes.small_disk import fill, small_disk
from tests.journeys.turntable import Serving, Turntable

pytestmark = [
    pytest.mark.turns,
    pytest.mark.codex,
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("imported"),
]

WATCHED = {"TURNTABLE_BIND_WATCH": "true"}
BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
AT_ONCE_S = 10.0


@pytest.fixture
async def guarded(turntable: Turntable) -> AsyncIterator[Turntable]:
    """A Turntable whose guard ends with the test."""
    yield turntable
    kill_guard(turntable)


@pytest.fixture
def codex_(signed_in_codex: Codex) -> Codex:
    """Codex with a config of the user's."""
    signed_in_codex.config.write_bytes(BEFORE)
    return signed_in_codex


def kill_guard(turntable: Turntable) -> None:
    with suppress(ProcessLookupError, FileNotFoundError, IndexError):
        os.kill(turntable.guard, signal.SIGKILL)


class OpenChat:
    """A thread of an app-server that was started while Codex was routed."""

    def __init__(self, server: AppServer, thread: str) -> None:
        self._server = server
        self._thread = thread

    async def ask(self) -> None:
        turn = {"threadId": self._thread, "input": [{"type": "text", "text": "say hi"}]}
        await self._server.request("turn/start", turn)

    async def hears_words(self) -> None:
        await self._server.notification("item/agentMessage/delta")

    async def ends_with_our_sentence(self) -> None:
        async with asyncio.timeout(AT_ONCE_S):
            ended = (await self._server.notification("turn/completed"))["turn"]
        assert ended["status"] == "failed"
        assert SENTENCE in ended["error"]["message"]


@asynccontextmanager
async def open_chat(codex: Codex) -> AsyncIterator[OpenChat]:
    async with codex.app_server() as server:
        options = {"cwd": str(codex.work), "approvalPolicy": "never"}
        started = await server.request("thread/start", options)
        yield OpenChat(server, started["thread"]["id"])


async def given_back(codex: Codex, within_s: float = AT_ONCE_S) -> None:
    """The config is what it was; at every instant until then Codex could read it."""
    async with asyncio.timeout(within_s):
        while (now := codex.config.read_bytes()) != BEFORE:
            tomllib.loads(now.decode())
            await asyncio.sleep(0.002)


async def a_new_chat_works(codex: Codex) -> None:
    async with asyncio.timeout(AT_ONCE_S):
        run = await codex.exec("say hi")
    assert (len(run.answers), run.exit_code) == (1, 0), run.stdout


async def log_in(turntable: Turntable) -> None:
    """What the entry for the next login starts."""
    login = await asyncio.create_subprocess_exec(
        turntable.home / "launch" / "turntable",
        "guard-process", "--login", "--home", str(turntable.home),
        env={"HOME": turntable.env["HOME"], "PATH": "/usr/bin:/bin"},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await login.wait() == 0


def dying(turntable: Turntable, codex: Codex, call: str, ending: str, nth: int) -> tuple[str, ...]:
    """strace that kills whoever makes this call on a file of the bind's journal the `nth` time."""
    record = Journal(turntable.home / "binds", Disk()).file_of(Path(os.path.realpath(codex.home)))
    return (
        "strace", "--follow-forks", "--quiet=all", "--output=/dev/null",
        f"--trace-path={record.with_name(record.stem + ending)}", f"--trace={call}",
        f"--inject={call}:signal=SIGKILL:when={nth}",
    )  # fmt: skip


async def a_guard_waits(turntable: Turntable) -> None:
    """Left by a Turntable that was quit while Codex was routed; the next one binds at its start."""
    async with turntable.serve(**WATCHED) as serving:
        await turntable.done("bind")
        serving.terminate()
        assert await serving.ended(10) == 0


@pytest.mark.parametrize("in_a_stream", [False, True], ids=["idle", "in a stream"])
async def test_killed_alone_the_guard_answers(
    guarded: Turntable, codex_: Codex, back_end: StandIn, in_a_stream: bool
) -> None:
    async with guarded.serve(**WATCHED) as serving, AsyncExitStack() as chats:
        await guarded.done("bind")
        await a_new_chat_works(codex_)  # Codex keeps the catalogue of models that it was told
        chat = await chats.enter_async_context(open_chat(codex_))
        if in_a_stream:
            await in_the_middle_of_an_answer(chat, back_end)
        serving.kill()
        await serving.ended(5)
        await given_back(codex_)
        if not in_a_stream:
            await chat.ask()
        await chat.ends_with_our_sentence()
        answering(back_end)
        await a_new_chat_works(codex_)


@pytest.mark.parametrize("in_a_stream", [False, True], ids=["idle", "in a stream"])
async def test_killed_with_its_guard_the_next_login_gives_codex_back(
    guarded: Turntable, codex_: Codex, back_end: StandIn, in_a_stream: bool
) -> None:
    async with guarded.serve(**WATCHED) as serving, AsyncExitStack() as chats:
        await guarded.done("bind")
        await a_new_chat_works(codex_)  # Codex keeps the catalogue of models that it was told
        chat = await chats.enter_async_context(open_chat(codex_))
        if in_a_stream:
            await in_the_middle_of_an_answer(chat, back_end)
        kill_guard(guarded)
        serving.kill()
        await serving.ended(5)
    assert codex_.config.read_bytes() != BEFORE
    answering(back_end)
    await log_in(guarded)
    assert codex_.config.read_bytes() == BEFORE
    await a_new_chat_works(codex_)


@pytest.mark.parametrize("with_guard", [True, False], ids=["alone", "with its guard"])
@pytest.mark.parametrize("nth", [1, 2], ids=["before config.toml", "after config.toml"])
async def test_killed_in_bind_codex_is_given_back(
    guarded: Turntable, codex_: Codex, nth: int, *, with_guard: bool
) -> None:
    await a_guard_waits(guarded)
    if not with_guard:
        # It sees nothing from here on: as if it had been killed in the same moment.
        os.kill(guarded.guard, signal.SIGSTOP)
    wrapper = dying(guarded, codex_, "openat", ".json.tmp", nth)
    with pytest.raises(AssertionError, match="it does not listen"):
        async with guarded.serve(wrapper=wrapper, **WATCHED):
            pass
    if not with_guard:
        kill_guard(guarded)
        tomllib.loads(codex_.config.read_text())
        await log_in(guarded)
    await given_back(codex_)
    await a_new_chat_works(codex_)


@pytest.mark.parametrize("with_guard", [True, False], ids=["alone", "with its guard"])
@pytest.mark.parametrize(
    ("call", "ending", "nth"),
    [
        pytest.param("openat", ".json.tmp", 3, id="before config.toml"),
        pytest.param("unlink", ".secret", 1, id="after config.toml"),
    ],
)
async def test_killed_in_unbind_codex_is_given_back(
    guarded: Turntable, codex_: Codex, *, call: str, ending: str, nth: int, with_guard: bool
) -> None:
    await a_guard_waits(guarded)
    wrapper = dying(guarded, codex_, call, ending, nth)
    async with guarded.serve(wrapper=wrapper, **WATCHED) as serving:
        assert codex_.config.read_bytes() != BEFORE
        async with open_chat(codex_) as chat:
            if not with_guard:
                kill_guard(guarded)
            assert (await guarded.run("unbind")).exit_code != 0
            await serving.ended(10)
            if with_guard:
                await given_back(codex_)
                await chat.ask()
                await chat.ends_with_our_sentence()
    if not with_guard:
        await log_in(guarded)
        assert codex_.config.read_bytes() == BEFORE
    await a_new_chat_works(codex_)


async def test_a_session_that_hangs_up_leaves_nobody_waiting(
    guarded: Turntable, codex_: Codex
) -> None:
    async with guarded.serve(**WATCHED) as serving:
        await guarded.done("bind")
        async with open_chat(codex_) as chat:
            os.killpg(serving.process.pid, signal.SIGHUP)  # its whole session, as a terminal does
            await serving.ended(10)
            await given_back(codex_)
            await chat.ask()
            await chat.ends_with_our_sentence()
        await a_new_chat_works(codex_)


async def test_a_turntable_that_is_stopped_is_ended_by_the_guard(
    guarded: Turntable, codex_: Codex
) -> None:
    """It keeps its port, and the kernel takes every call for it: three proofs fail first."""
    async with guarded.serve(**WATCHED) as serving:
        await guarded.done("bind")
        async with open_chat(codex_) as chat:
            serving.process.send_signal(signal.SIGSTOP)
            await given_back(codex_, within_s=75)
            await serving.ended(5)
            await chat.ask()
            await chat.ends_with_our_sentence()
        await a_new_chat_works(codex_)
    assert "did not answer any more" in (guarded.home / "log" / "guard.log").read_text()


async def test_a_port_that_was_stolen_is_followed_and_told(
    guarded: Turntable, codex_: Codex
) -> None:
    async with guarded.serve(**WATCHED) as first:
        await guarded.done("bind")
        kill_guard(guarded)
        first.kill()
        await first.ended(5)
    with create_server(("127.0.0.1", first.port)):
        async with guarded.serve(**WATCHED) as second:
            assert second.port != first.port
            assert f":{second.port}/".encode() in codex_.config.read_bytes()
            await a_new_chat_works(codex_)
            notices = (await guarded.done("status"))["notices"]
            (told,) = [notice["text"] for notice in notices if notice["code"] == "port_lost"]
            assert f"port {first.port}" in told
            assert "must be opened again" in told
            second.terminate()
            assert await second.ended(5) == 0
    assert codex_.config.read_bytes() == BEFORE


async def test_a_full_disk_does_not_lock_codex_out(
    guarded: Turntable, codex_: Codex, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        target = disk / "config.toml"
        target.write_bytes(BEFORE)
        codex_.config.unlink()
        codex_.config.symlink_to(target)
        data = disk / "turntable"
        guarded.home.rename(tmp_path / "moved")
        await copied(tmp_path / "moved", data)
        guarded.home.symlink_to(data)
        async with guarded.serve(**WATCHED) as serving:
            await guarded.done("bind")
            assert target.read_bytes() != BEFORE
            fill(disk)
            await dies(serving)
            await given_back(codex_)
            assert codex_.config.is_symlink()
            await a_new_chat_works(codex_)
        kill_guard(guarded)


def answering(back_end: StandIn) -> None:
    """Whole answers again."""
    for name in "AB":
        back_end.clear(name)


async def copied(source: Path, target: Path) -> None:
    process = await asyncio.create_subprocess_exec("cp", "-a", str(source), str(target))
    assert await process.wait() == 0


async def dies(serving: Serving) -> None:
    serving.kill()
    await serving.ended(5)


async def in_the_middle_of_an_answer(chat: OpenChat, back_end: StandIn) -> None:
    """Some words have come, and no more will."""
    for name in "AB":
        back_end.always(name, Stall(after_events=9))
    await chat.ask()
    await chat.hears_words()
