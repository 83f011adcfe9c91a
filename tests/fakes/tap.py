"""A wire tap on loopback: passes every byte on, and keeps what the client said."""

import asyncio
from dataclasses import dataclass

from tests.fakes.cable import Cable


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """One request as the client wrote it.

    Attributes:
        first: its request line.
        headers: names and values, in their order and spelling.
        rest: the body's bytes; after a handshake everything that came behind it.
    """

    first: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    rest: bytes

    def value(self, name: bytes) -> bytes | None:
        """The first value of a field, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Tap(Cable):
    """`async with Tap(port) as tap:` — connect to `tap.port` instead of `port`."""

    def __init__(self, port: int) -> None:
        """`port`: whom it leads to."""
        super().__init__(port)
        self._heard: dict[asyncio.StreamWriter, bytearray] = {}

    @property
    def requests(self) -> list[Tapped]:
        """Everything that was asked so far, connection by connection."""
        return [one for heard in self._heard.values() for one in _requests(bytes(heard))]

    def passes(self, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """All of it; what goes there is kept."""
        if writer in self.there:
            self._heard.setdefault(writer, bytearray()).extend(data)
        return super().passes(data, writer)


def _requests(heard: bytes) -> list[Tapped]:
    found: list[Tapped] = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = (line.partition(b": ") for line in lines)
        one = Tapped(first=first, headers=tuple((n, v) for n, _, v in pairs), rest=rest)
        if one.value(b"upgrade") is not None:
            return [*found, one]
        size = int(one.value(b"content-length") or 0)
        found.append(Tapped(first=first, headers=one.headers, rest=rest[:size]))
        heard = rest[size:]
    return found
