"""Broken bytes on both sides of the proxy for a while: `python -m tests.bench.fuzz --seconds 60`.

A hostile client speaks requests, handshakes and frames that were bent on their way; a back end
answers it as bent. Beside it a friend asks and must get its own words back, whole; no word of the
friend's and no token may come to the hostile one. In the end nothing may be left: no connection,
no byte held, no task. Exit code 1 says what went wrong, and with which seed.
"""

import argparse
import asyncio
import gc
import logging
import random
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from core.proxy.listener import Limits
from core.websocket.frames import Opcode, encode, encode_close
from tests.core.proxy.rig import BASE, Arrived, BackEnd, Client, Rig, Wire, request_bytes
from tests.fakes.clock import FakeClock

FRIENDS_WORD = b"a-word-of-the-friend"
_PATIENCE_S = 10.0
_EVENT = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta"}\n\n'
_CREATE = b'{"type":"response.create","model":"m","input":[]}'
_KEY = b"\1\2\3\4"
_SHAKE = (
    f"GET {BASE}/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\n"
    "upgrade: websocket\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "sec-websocket-extensions: permessage-deflate\r\n\r\n"
).encode()
_ASKED: tuple[bytes, ...] = (
    request_bytes(),
    request_bytes("POST", "/responses", b"x" * 5000),
    request_bytes("POST", "/responses", b"3\r\nabc\r\n0\r\n\r\n", "transfer-encoding: chunked"),
    request_bytes("GET", "/models?client_version=1", b""),
    request_bytes("HEAD", "/models", b""),
    request_bytes("POST", "/responses", b"{}", "expect: 100-continue"),
    request_bytes("GET", "//health?nonce=1", b""),
    request_bytes("POST", "//v1/chat/completions", b"{}", "authorization: Bearer tt_fake"),
    request_bytes() * 2,
    _SHAKE + encode(Opcode.TEXT, _CREATE, key=_KEY),
    _SHAKE + encode(Opcode.PING, b"x", key=_KEY) + encode_close(1000, key=_KEY),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
_PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
_101 = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
)
_ANSWERED: tuple[bytes, ...] = (
    _PLAIN,
    _STREAM + b"%x\r\n%b\r\n0\r\n\r\n" % (len(_EVENT), _EVENT),
    b"HTTP/1.1 429 Slow\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + _PLAIN,
    b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    _101 + encode(Opcode.TEXT, b'{"type":"response.completed","response":{}}'),
    _101 + encode(Opcode.PING, b"x") + encode_close(1001),
)
_SPICE = (
    b"\r\n", b"\n", b"\r", b"\0", b": ", b"\t", b"chunked", b"transfer-encoding: chunked\r\n",
    b"content-length: 7\r\n", b"content-length: -1\r\n", b"connection: close\r\n", b"0\r\n\r\n",
    b"ffffffffffffffff\r\n", b"HTTP/1.0", b"HTTP/1.1 200 OK\r\n", b"upgrade: websocket\r\n",
    b"expect: 100-continue\r\n", b"\xff\xfe", b"\x81\x7f", b"\xc1\x80", b"x" * 9000,
)  # fmt: skip


@dataclass(slots=True)
class Found:
    """What went wrong, in sentences; and what was done."""

    wrong: list[str] = field(default_factory=list)
    hostile: int = 0
    friendly: int = 0


def bent(whole: bytes, draw: random.Random) -> bytes:
    """`whole` with a few of its bytes changed, gone, doubled or spiced."""
    for _ in range(draw.choice((0, 1, 1, 2, 4))):
        at, size = draw.randrange(len(whole) + 1), draw.choice((1, 1, 2, 8, 40))
        match draw.randrange(5):
            case 0:
                whole = whole[:at] + draw.randbytes(size) + whole[at + size :]
            case 1:
                whole = whole[:at] + whole[at + size :]
            case 2:
                whole = whole[:at] + whole[at : at + size] + whole[at:]
            case 3:
                whole = whole[:at] + draw.choice(_SPICE) + whole[at:]
            case _:
                whole = whole[: at or 1]
    return whole


def pieces(whole: bytes, draw: random.Random) -> list[bytes]:
    """The same bytes, cut at a few places."""
    cuts = sorted(draw.randrange(len(whole) + 1) for _ in range(draw.choice((0, 0, 1, 3))))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


def answering(draw: random.Random) -> Callable[[Arrived, Wire], "asyncio.Future[None]"]:
    """The back end: an echo for the friend, anything for everybody else."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        if FRIENDS_WORD in arrived.body:
            await wire.answer(200, arrived.body)
            return
        for piece in pieces(bent(draw.choice(_ANSWERED), draw), draw):
            await wire.send(piece)
            await asyncio.sleep(0)
        if draw.random() < 0.7:
            wire.writer.close()

    return script  # type: ignore[return-value]


async def be_hostile(port: int, draw: random.Random, found: Found) -> None:
    """One connection of the hostile client."""
    found.hostile += 1
    client = await Client.connect(port)
    heard = b""
    with suppress(OSError):
        for piece in pieces(bent(draw.choice(_ASKED), draw), draw):
            await client.send(piece)
            await asyncio.sleep(0)
        if draw.random() < 0.9:
            client.writer.write_eof()
        async with asyncio.timeout(_PATIENCE_S):
            while data := await client.reader.read(65_536):
                heard += data
                if draw.random() < 0.05:
                    break
    for secret in (FRIENDS_WORD, b"fake-access"):
        if secret in heard:
            found.wrong.append(f"the hostile client heard {secret!r}")
    client.cut()


async def be_friendly(friend: Client, number: int, found: Found) -> None:
    """One request of the friend's: its own words, and no other's."""
    found.friendly += 1
    word = b"%b-%d" % (FRIENDS_WORD, number)
    async with asyncio.timeout(_PATIENCE_S):
        got = await friend.ask("POST", "/alpha/search", word)
    if (got.status, got.body) != (200, word):
        found.wrong.append(f"the friend asked {word!r} and got {got.status} {got.body[:200]!r}")


class _Listening(logging.Handler):
    """Whatever the program itself calls an error."""

    def __init__(self, found: Found) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.wrong.append(self.format(record))


async def fuzz(seconds: float, seed: int) -> Found:
    """Both for `seconds`, then what is left."""
    found, draw = Found(), random.Random(seed)
    listening = _Listening(found)
    logging.getLogger().addHandler(listening)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: found.wrong.append(f"the loop: {context}")
    )
    warnings.simplefilter("error")
    sys.unraisablehook = lambda what: found.wrong.append(f"{what.exc_value!r} in {what.object!r}")
    back_end = BackEnd()
    await back_end.start()
    back_end.script = answering(draw)
    rig = Rig(back_end.port, FakeClock())
    await rig.start(Limits(head_s=0.2, body_s=0.2, idle_s=0.2, linger_s=0.1))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not found.wrong:
        rig.observed = type(rig.observed)()  # what the hostile one caused is no account's fault
        rig.records.clear()
        rig.decided.clear()
        back_end.arrived.clear()
        try:
            await _together(rig.port, draw, found)
        except Exception as error:
            found.wrong.append(f"{type(error).__name__}: {error}")
    await rig.server.drain(grace_s=0)
    await back_end.stop()
    gc.collect()
    listener, traffic = rig.server._listener, rig.server.traffic
    if traffic.requests or traffic.streams or traffic.websockets:
        found.wrong.append(f"left: {traffic.requests} requests, {traffic.streams} streams")
    if listener.connections or listener.buffered.size or len(rig.server._tasks):
        found.wrong.append(f"left: {listener.connections}, {listener.buffered.size} bytes")
    logging.getLogger().removeHandler(listening)
    return found


async def _together(port: int, draw: random.Random, found: Found) -> None:
    friend = await Client.connect(port)
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(be_hostile(port, draw, found))
        for number in range(3):
            await be_friendly(friend, number, found)
    await friend.close()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    found = asyncio.run(fuzz(asked.seconds, asked.seed))
    print(f"seed {asked.seed}: {found.hostile} bent requests, {found.friendly} of a friend")
    for sentence in found.wrong:
        print(sentence)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
