"""A client of bytes: sends exactly what it is given and reads what comes."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httptools

from core.standin.people import Login
from core.standin.server import StandIn
from tests.core.standin.conftest import BODY


class Wire:
    """One connection to the stand-in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def head(self) -> bytes:
        """Up to the empty line."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """Up to the end of the connection."""
        return await self.reader.read()

    async def reply(self) -> tuple[int, bytes]:
        """One whole response, chunked or not: its status and body."""
        seen = _Seen()
        parser = httptools.HttpResponseParser(seen)
        while not seen.complete:
            data = await self.reader.read(65536)
            if not data:
                raise EOFError(seen.body)
            parser.feed_data(data)
        return parser.get_status_code(), seen.body


class _Seen:
    def __init__(self) -> None:
        self.body = b""
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = True


@asynccontextmanager
async def dial(port: int) -> AsyncIterator[Wire]:
    """A connection that is closed at the end, whatever happened to it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def connect(back_end: StandIn) -> AbstractAsyncContextManager[Wire]:
    """A connection to the stand-in."""
    return dial(back_end.port)


def request(
    back_end: StandIn,
    login: Login,
    *,
    method: str = "POST",
    path: str = "/backend-api/codex/responses",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> bytes:
    """A request as bytes; a turn unless told otherwise."""
    content = (json.dumps(BODY).encode() if method == "POST" else b"") if body is None else body
    fields = {
        "Host": f"127.0.0.1:{back_end.port}",
        "Authorization": f"Bearer {login.access_token}",
        "ChatGPT-Account-Id": login.account_id,
        **(headers or {}),
    }
    if "Transfer-Encoding" not in fields and method == "POST":
        fields["Content-Length"] = str(len(content))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
