"""One WebSocket, without a connection: what follows from the client's bytes."""

import pytest

from core.standin.conversation import Answer, Conversation, Heard
from core.standin.recorded import Seen
from core.websocket.deflate import Agreement
from core.websocket.frames import Opcode, encode, encode_close
from tests.core.standin.recordings import recorded
from tests.core.standin.socket_client import BINARY, CLOSE, PING, TEXT, client_frame


class _Played:
    """A conversation, what it was asked and what it was blamed for."""

    def __init__(self, agreement: Agreement | None = None) -> None:
        self.asked: list[bytes] = []
        self.blamed: list[str] = []
        self.handshake = recorded("/responses")
        self.conversation = Conversation(
            handshake=self.handshake,
            agreement=agreement,
            answer=self._answer,
            blame=self.blamed.append,
        )

    def _answer(self, _: Conversation, payload: bytes) -> Answer:
        self.asked.append(payload)
        return Answer(recorded(), iter(()))


def test_texts_are_answered_in_their_order_and_pings_at_once() -> None:
    played = _Played()
    heard = played.conversation.receive(
        client_frame(TEXT, b"1") + client_frame(PING, b"?") + client_frame(TEXT, b"2")
    )
    assert played.asked == [b"1", b"2"]
    assert len(heard.answers) == 2
    assert heard.urgent == encode(Opcode.PONG, b"?")
    assert not heard.over


def test_everything_that_is_said_is_kept() -> None:
    played = _Played()
    played.conversation.receive(client_frame(TEXT, b"in"))
    played.conversation.text(b"out")
    assert list(played.handshake.frames) == [
        Seen(True, Opcode.TEXT, b"in", False),
        Seen(False, Opcode.TEXT, b"out", False),
    ]


def test_what_is_compressed_is_kept_unpacked() -> None:
    played = _Played(Agreement())
    frame = played.conversation.text(b"out" * 50)
    assert frame[0] == 0xC1
    assert len(frame) < 50
    assert played.handshake.frames[-1] == Seen(False, Opcode.TEXT, b"out" * 50, True)


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(b"\x03\xe9bye", encode_close(1001), id="a code"),
        pytest.param(b"", encode_close(1000), id="no code"),
    ],
)
def test_a_close_is_answered_and_ends_it(payload: bytes, answer: bytes) -> None:
    played = _Played()
    assert played.conversation.receive(client_frame(CLOSE, payload)) == Heard(answer, (), True)
    assert played.conversation.closed_well
    assert played.blamed == []


def test_after_our_close_only_the_client_s_close_is_heard() -> None:
    played = _Played()
    played.conversation.close(1000, "")
    late = client_frame(TEXT, b"late") + client_frame(PING, b"")
    assert played.conversation.receive(late) == Heard()
    closed = client_frame(CLOSE, b"\x03\xe8")
    assert played.conversation.receive(closed) == Heard(over=True)
    assert played.asked == []


def test_a_client_that_breaks_the_protocol_is_told_once() -> None:
    played = _Played()
    heard = played.conversation.receive(client_frame(TEXT, b"ok") + client_frame(BINARY, b""))
    assert heard.urgent == encode_close(1003, "a message is binary")
    assert heard.over
    assert len(heard.answers) == 1
    assert played.blamed == ["a message is binary"]
    assert played.conversation.receive(b"\xff\xff").urgent == b""
