"""The real Codex with a chat open while Turntable dies."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.binding.last_words import SENTENCE
from core.runtime.clock import SystemClock
from core.standin.people import make_login
from core.standin.server import StandIn
from tests.core.binding.machine import Machine, kill, soon, tells
from tests.fakes.codex import Codex

pytestmark = pytest.mark.codex


@pytest.fixture
async def signed_in(codex: Codex) -> AsyncIterator[Codex]:
    """Codex, whose own login is answered for at its edge."""
    login = make_login("A")
    async with StandIn(now=SystemClock().now) as back_end:
        back_end.add(login)
        codex.log_in(login.auth_json)
        codex.meet(("127.0.0.1", back_end.port))
        yield codex


@pytest.fixture
def machine(tmp_path: Path, signed_in: Codex) -> Iterator[Machine]:
    """A machine whose Codex home is the real Codex's."""
    machine = Machine(tmp_path / "machine")
    machine.place.config.unlink()
    machine.place.home.rmdir()
    machine.place.home.symlink_to(signed_in.home)
    try:
        yield machine
    finally:
        machine.close()


@pytest.mark.parametrize("in_a_turn", [False, True], ids=["between turns", "in a turn"])
async def test_an_open_chat_ends_with_our_sentence_and_a_new_one_works(
    machine: Machine, signed_in: Codex, in_a_turn: bool
) -> None:
    owner, port, _ = machine.start()
    async with signed_in.app_server() as server:
        options = {"cwd": str(signed_in.work), "approvalPolicy": "never"}
        thread = (await server.request("thread/start", options))["thread"]["id"]
        turn = {"threadId": thread, "input": [{"type": "text", "text": "say hi"}]}
        if in_a_turn:
            await server.request("turn/start", turn)
        kill(owner)
        if not in_a_turn:
            soon(lambda: tells(port))
            await server.request("turn/start", turn)
        ended = (await server.notification("turn/completed"))["turn"]
        assert ended["status"] == "failed"
        assert SENTENCE in ended["error"]["message"]
    fresh = await signed_in.exec("say hi")
    assert (fresh.exit_code, fresh.answers) == (0, ("Hello from A.",))
