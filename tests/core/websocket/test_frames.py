"""WebSocket frames: the vectors of RFC 6455, everything it forbids, and any cut of the bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.websocket.frames import (
    Inbox,
    Message,
    Opcode,
    ProtocolError,
    decode_close,
    encode,
    encode_close,
    masked,
)
from tests.core.standin.socket_client import client_frame

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


def _heard(*parts: bytes) -> list[Message]:
    inbox = Inbox()
    return [message for part in parts for message in inbox.feed(part)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        pytest.param(HELLO, Message(Opcode.TEXT, b"Hello"), id="a masked text message"),
        pytest.param(
            bytes.fromhex("898537fa213d7f9f4d5158"), Message(Opcode.PING, b"Hello"), id="a ping"
        ),
    ],
)
def test_the_frames_of_the_standard_are_understood(frame: bytes, message: Message) -> None:
    # RFC 6455 §5.7.
    assert _heard(frame) == [message]


@pytest.mark.parametrize(
    ("frame", "bytes_"),
    [
        pytest.param(encode(Opcode.TEXT, b"Hello"), "810548656c6c6f", id="text"),
        pytest.param(encode(Opcode.PING, b"Hello"), "890548656c6c6f", id="ping"),
        pytest.param(encode(Opcode.BINARY, bytes(256))[:4].ljust(4), "827e0100", id="256 bytes"),
        pytest.param(encode(Opcode.BINARY, bytes(65536))[:10], "827f0000000000010000", id="64 KiB"),
        pytest.param(encode_close(1000), "880203e8", id="close"),
    ],
)
def test_the_frames_of_the_standard_are_written(frame: bytes, bytes_: str) -> None:
    assert frame.hex() == bytes_


def test_a_message_in_pieces_with_a_ping_between_them() -> None:
    heard = _heard(
        client_frame(Opcode.TEXT, b"Hel", fin=False),
        client_frame(Opcode.PING, b"?"),
        client_frame(Opcode.CONTINUATION, b"lo"),
    )
    assert heard == [Message(Opcode.PING, b"?"), Message(Opcode.TEXT, b"Hello")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(encode(Opcode.TEXT, b"Hello"), 1002, id="not masked"),
        pytest.param(client_frame(3, b""), 1002, id="an opcode that nobody knows"),
        pytest.param(client_frame(Opcode.TEXT, b"", rsv=0x40), 1002, id="compressed unasked"),
        pytest.param(client_frame(Opcode.TEXT, b"", rsv=0x20), 1002, id="a reserved bit"),
        pytest.param(client_frame(Opcode.PING, b"", fin=False), 1002, id="a ping in pieces"),
        pytest.param(client_frame(Opcode.PING, bytes(126)), 1002, id="a long ping"),
        pytest.param(client_frame(Opcode.CONTINUATION, b""), 1002, id="an end without beginning"),
        pytest.param(
            client_frame(Opcode.TEXT, b"", fin=False) + client_frame(Opcode.TEXT, b""),
            1002,
            id="a message within a message",
        ),
        pytest.param(client_frame(Opcode.TEXT, b"\xff"), 1007, id="not UTF-8"),
        pytest.param(b"\x81\xff" + (1 << 40).to_bytes(8), 1009, id="a terabyte"),
    ],
)
def test_what_the_standard_forbids_ends_with_its_code(data: bytes, code: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        _heard(data)
    assert caught.value.code == code


def test_pieces_that_are_too_big_together_are_refused() -> None:
    inbox = Inbox(limit=5)
    assert list(inbox.feed(client_frame(Opcode.TEXT, b"Hel", fin=False))) == []
    with pytest.raises(ProtocolError, match="too big"):
        list(inbox.feed(client_frame(Opcode.CONTINUATION, b"lo!")))


def test_a_length_may_come_byte_by_byte() -> None:
    data = client_frame(Opcode.BINARY, bytes(300))
    assert _heard(*(data[index : index + 1] for index in range(len(data)))) == [
        Message(Opcode.BINARY, bytes(300))
    ]


@given(st.binary(max_size=70_000), st.integers(1, 5000))
def test_any_payload_arrives_however_it_is_cut(payload: bytes, step: int) -> None:
    data = client_frame(Opcode.BINARY, payload)
    parts = [data[start : start + step] for start in range(0, len(data), step)]
    assert _heard(*parts) == [Message(Opcode.BINARY, payload)]


@given(st.binary(max_size=300))
def test_whatever_comes_there_is_no_other_error(data: bytes) -> None:
    with suppress(ProtocolError):
        _heard(data)


@given(st.binary(), st.binary(min_size=4, max_size=4))
def test_a_mask_is_its_own_inverse(payload: bytes, key: bytes) -> None:
    assert masked(masked(payload, key), key) == payload


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param(b"", (None, ""), id="nothing"),
        pytest.param(b"\x03\xe8bye", (1000, "bye"), id="a reason"),
        pytest.param(b"\x0f\xa0", (4000, ""), id="a code of one's own"),
    ],
)
def test_closing_says_why(payload: bytes, said: tuple[int | None, str]) -> None:
    assert decode_close(payload) == said


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xed", b"\x00\x01", b"\x03\xe8\xff"])
def test_a_close_frame_may_be_wrong(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_close(payload)


def test_a_long_reason_is_cut_between_letters() -> None:
    frame = encode_close(1000, "é" * 100)
    assert decode_close(frame[2:]) == (1000, "é" * 61)
