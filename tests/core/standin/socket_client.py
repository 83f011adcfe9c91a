"""A WebSocket client of bytes, written apart from the server's half that it tests."""

from core.standin.frames import masked

KEY = b"\x37\xfa\x21\x3d"


def client_frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """One frame of a client, masked with a key that never changes."""
    size = len(payload)
    if size <= 125:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = bytes((0x80 | 126,)) + size.to_bytes(2)
    else:
        length = bytes((0x80 | 127,)) + size.to_bytes(8)
    return bytes(((0x80 if fin else 0) | rsv | opcode,)) + length + KEY + masked(payload, KEY)
