"""Frames pass as they came; where a message was changed, both ends still understand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.proxy.websocket_sides import Onward, Side
from core.websocket.deflate import Agreement, Deflater
from core.websocket.frames import Assembler, Dialect, FrameReader, Opcode, encode

LIMIT = 1 << 20
TEXTS = st.lists(
    st.tuples(st.text(max_size=200), st.sampled_from(["pass", "change", "drop"])), max_size=12
)
AGREEMENTS = st.sampled_from(
    [
        None,
        Agreement(),
        Agreement(server_no_context_takeover=True, client_no_context_takeover=True),
        Agreement(server_max_window_bits=9, client_max_window_bits=9),
    ]
)


def onward(agreement: Agreement | None, *, to_client: bool) -> Onward:
    return Onward(to_client=to_client, agreement=agreement, random_bytes=lambda size: b"k" * size)


@given(TEXTS, AGREEMENTS, st.booleans(), st.integers(1, 50))
def test_both_ends_understand_each_other_whatever_happens_between(
    texts: list[tuple[str, str]], agreement: Agreement | None, to_client: bool, step: int
) -> None:
    packer = Deflater(afresh=False) if agreement is not None else None
    if agreement is not None and agreement.client_no_context_takeover:
        packer = Deflater(afresh=True)
    elif agreement is not None and agreement.server_max_window_bits == 9:
        packer = Deflater(afresh=False, window_bits=9)
    side = Side(is_client=not to_client, agreement=agreement, limit=LIMIT)
    on = onward(agreement, to_client=to_client)
    far = Side(is_client=not to_client, agreement=agreement, limit=LIMIT)
    arrived: list[str] = []
    for text, what in texts:
        payload = text.encode()
        frame = encode(
            Opcode.TEXT,
            packer.compress(payload) if packer is not None else payload,
            rsv1=packer is not None,
            key=b"" if to_client else b"abcd",
        )
        parts = [frame[start : start + step] for start in range(0, len(frame), step)]
        (read,) = (read for part in parts for read in side.feed(part))
        assert read.message.payload == payload
        match what:
            case "pass":
                out = on.untouched(read)
            case "change":
                out = on.changed(payload + b"!")
            case _:
                on.missing()
                continue
        arrived.extend(read.message.payload.decode() for read in far.feed(out))
    expected = [t + ("!" if what == "change" else "") for t, what in texts if what != "drop"]
    assert arrived == expected


def test_as_long_as_nothing_was_changed_every_byte_is_as_it_came() -> None:
    agreement = Agreement()
    packed = Deflater(afresh=False).compress(b"Hello, Hello")
    frame = encode(Opcode.TEXT, packed, rsv1=True, key=b"abcd")
    pieces = (
        encode(Opcode.TEXT, packed[:4], rsv1=True, key=b"abcd")[:0]
        + bytes((frame[0] & 0x7F, 0x80 | 4))
        + b"efgh"
        + bytes(byte ^ b"efgh"[index % 4] for index, byte in enumerate(packed[:4]))
        + encode(Opcode.PING, b"?", key=b"mnop")
        + encode(Opcode.CONTINUATION, packed[4:], key=b"ijkl")
    )
    side = Side(is_client=True, agreement=agreement, limit=LIMIT)
    on = onward(agreement, to_client=False)
    ping, message = side.feed(pieces)
    assert message.message.payload == b"Hello, Hello"
    assert len(ping.raw) + len(on.untouched(message)) == len(pieces)
    assert on.untouched(message) in pieces.replace(ping.raw, b"")


@pytest.mark.parametrize("size", [0, 5, 200, 70_000])
def test_what_is_held_of_a_message_is_counted(size: int) -> None:
    side = Side(is_client=True, agreement=None, limit=LIMIT)
    frame = encode(Opcode.TEXT, b"x" * size, key=b"abcd")
    assert list(side.feed(frame[:-1])) == []
    assert side.held == len(frame) - 1
    assert len(list(side.feed(frame[-1:]))) == 1
    assert side.held == 0


def test_frames_to_the_back_end_are_masked_and_those_to_the_client_are_not() -> None:
    for to_client in (True, False):
        data = onward(None, to_client=to_client).changed(b"Hello")
        reader = FrameReader(Dialect(masked=not to_client, compresses=False))
        (frame,) = reader.feed(data)
        assert Assembler().add(frame)
        assert frame.payload == b"Hello"
