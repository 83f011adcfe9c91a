"""What the real Codex writes arrives as it wrote it, but for the fields that are the account's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from core.standin import answers
from core.standin.recorded import Recorded
from core.standin.server import StandIn
from core.websocket.deflate import Inflater
from core.websocket.frames import Inbox
from tests.fakes.codex import Codex
from tests.fakes.tap import Tap, Tapped
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]
OURS = {b"host", b"authorization", b"chatgpt-account-id"}


@pytest.fixture
async def back_end(websocket: bool) -> AsyncIterator[StandIn]:
    """On the machine's time, with or without WebSocket."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=websocket) as back_end:
        yield back_end


async def tapped(turntable: Turntable, codex: Codex) -> list[Tapped]:
    """What a turn with tools writes; on its way to the program it passes a tap."""
    async with turntable.serve() as serving, Tap(serving.port) as tap:
        await turntable.done("bind")
        config = codex.config.read_text()
        codex.config.write_text(config.replace(f":{serving.port}/", f":{tap.port}/"))
        run = await codex.exec("work")
        assert (run.answers, run.errors) == (("All done.",), ())
        codex.config.write_text(config)
    return tap.requests


def theirs(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """The fields with a mark in the place of what is the account's."""
    return [(name, b"ours" if name.lower() in OURS else value) for name, value in headers]


def below(first: bytes) -> bytes:
    """Method and path of a request line, without what stands before the back end's own path."""
    method, target, _ = first.split(b" ")
    return method + b" " + target.partition(b"/backend-api")[2]


def _first(one: Recorded) -> bytes:
    return f"{one.method} {one.target} HTTP/1.1".encode()


def arrived(back_end: StandIn) -> list[Recorded]:
    """What Codex asked through the program: its own look-ups go past it."""
    asked = ("/codex/responses", "/codex/models")
    return [r for r in back_end.requests if r.path.endswith(asked) and r.method != "WS"]


@pytest.mark.parametrize("websocket", [False], ids=["HTTPS"])
async def test_each_request_arrives_with_its_fields_order_spelling_and_body(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(2, shell="echo made-by-a-tool"))
    said = await tapped(turntable, signed_in_codex)
    asked = [one for one in said if one.value(b"upgrade") is None]  # the handshake ended here
    came = [one for one in arrived(back_end) if not one.upgrade]
    assert len(came) >= 4, "three turns and a list of models"
    written = [(below(one.first), theirs(one.headers), one.rest) for one in asked]
    read = [(below(_first(one)), theirs(one.headers), one.body) for one in came]
    turns = [one for one in written if one[0].startswith(b"POST ")]
    assert sorted(one for one in read if one[0].startswith(b"POST ")) == sorted(turns)
    # A list of models that is known is not asked for again.
    # The Codex that `bind` asked may still ask for its own, past the tap.
    assert len([one for one in read if one not in written]) <= 1


@pytest.mark.parametrize("websocket", [True], ids=["WebSocket"])
async def test_the_handshake_and_each_message_arrive_as_they_were_said(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(2, shell="echo made-by-a-tool"))
    said = await tapped(turntable, signed_in_codex)
    (handshake,) = (one for one in said if one.value(b"upgrade") is not None)
    (there,) = (one for one in back_end.requests if one.upgrade)
    assert theirs(there.headers) == theirs(handshake.headers)
    inbox = Inbox(Inflater(afresh=False).decompress)
    read = [m for m in inbox.feed(handshake.rest) if not m.opcode.control]
    messages = [(m.payload, m.compressed) for m in read]
    frames = [f for f in there.frames if f.from_client and not f.opcode.control]
    assert [(f.payload, f.compressed) for f in frames] == messages
    assert len(messages) >= 4, "a prewarm and three responses"
