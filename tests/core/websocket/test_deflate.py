"""permessage-deflate: the vectors of RFC 7692, what is agreed, any run of messages."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.websocket.deflate import Agreement, Deflate, negotiate
from core.websocket.frames import Inbox, Message, Opcode, ProtocolError
from tests.core.standin.socket_client import client_frame

LIMIT = 1 << 20


@pytest.mark.parametrize(
    ("offer", "header"),
    [
        pytest.param(
            "permessage-deflate; client_max_window_bits", "permessage-deflate", id="Codex's own"
        ),
        pytest.param("permessage-deflate", "permessage-deflate", id="plain"),
        pytest.param(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            id="no memory",
        ),
        pytest.param(
            'permessage-deflate; server_max_window_bits="10"',
            "permessage-deflate; server_max_window_bits=10",
            id="a small window",
        ),
        pytest.param(
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
            "permessage-deflate",
            id="the second offer",
        ),
        pytest.param(None, None, id="no offer"),
        pytest.param("x-webkit-deflate-frame", None, id="another extension"),
        pytest.param("permessage-deflate; server_max_window_bits=16", None, id="a window too big"),
        pytest.param("permessage-deflate; server_max_window_bits", None, id="a bare window"),
        pytest.param("permessage-deflate; surprise", None, id="a word that nobody knows"),
        pytest.param(
            "permessage-deflate; server_no_context_takeover=1", None, id="a flag with a value"
        ),
        pytest.param(
            "permessage-deflate; client_max_window_bits; client_max_window_bits", None, id="twice"
        ),
    ],
)
def test_what_is_offered_is_answered(offer: str | None, header: str | None) -> None:
    agreement = negotiate(offer)
    assert (agreement and agreement.header) == header


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("f248cdc9c90700", id="one block"),
        pytest.param("000500faff48656c6c6f00", id="a block without compression"),
        pytest.param("f348cdc9c9070000", id="a final block"),
    ],
)
def test_the_messages_of_the_standard_are_understood(payload: str) -> None:
    # RFC 7692 §7.2.3.
    assert Deflate(Agreement()).decompress(bytes.fromhex(payload), LIMIT) == b"Hello"


def test_the_messages_of_the_standard_are_written() -> None:
    streams = Deflate(Agreement())
    assert streams.compress(b"Hello").hex() == "f248cdc9c90700"
    # §7.2.3.2: the second message refers to the first.
    assert streams.compress(b"Hello").hex() == "f200110000"


@given(st.lists(st.binary(max_size=500), max_size=5), st.booleans())
def test_messages_come_out_as_they_went_in(messages: list[bytes], afresh: bool) -> None:
    agreement = Agreement(server_no_context_takeover=afresh, client_no_context_takeover=afresh)
    ours, theirs = Deflate(agreement), Deflate(agreement)
    assert [theirs.decompress(ours.compress(one), LIMIT) for one in messages] == messages


def test_after_a_final_block_the_next_message_begins_afresh() -> None:
    streams = Deflate(Agreement())
    for _ in range(2):
        assert streams.decompress(bytes.fromhex("f348cdc9c9070000"), LIMIT) == b"Hello"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = Deflate(Agreement()).compress(bytes(LIMIT * 4))
    with pytest.raises(ProtocolError, match="too big"):
        Deflate(Agreement()).decompress(bomb, LIMIT)


def test_rubbish_is_refused() -> None:
    with pytest.raises(ProtocolError, match="inflated"):
        Deflate(Agreement()).decompress(b"\xff\xff\xff", LIMIT)


def test_a_compressed_message_may_come_in_pieces() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"Hello") + packer.flush(zlib.Z_SYNC_FLUSH)
    packed = packed.removesuffix(b"\x00\x00\xff\xff")
    inbox = Inbox(Deflate(Agreement()).decompress)
    assert not list(inbox.feed(client_frame(Opcode.TEXT, packed[:3], fin=False, rsv=0x40)))
    (message,) = inbox.feed(client_frame(Opcode.CONTINUATION, packed[3:]))
    assert message == Message(Opcode.TEXT, b"Hello", compressed=True)
