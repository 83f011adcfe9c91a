"""The network goes away and comes back: `python -m tests.bench.link`.

Needs Linux and network namespaces (root, or unprivileged user namespaces). The back end lives in a
namespace of its own at the far end of a cable; the proxy, with real sockets and TLS, at this end.
The cable is pulled and put back in the middle of a stream, before a request, and for good. Printed:
what the client got, after how long, and how many requests the back end has seen.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from tests.core.proxy.rig import A, Client, Rig
from tests.fakes.clock import FakeClock
from tests.fakes.connect_proxy import Authority

_HERE, _FAR = "10.99.0.1", "10.99.0.2"
_INSIDE = "inside"


class Cable:
    """Between this namespace and that of a process."""

    def __init__(self, pid: int) -> None:
        """Laid, with an address at either end."""
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "near0", "type", "veth", "peer", "name", "far0", "netns", str(pid))
        _ip("addr", "add", f"{_HERE}/24", "dev", "near0")
        _ip("link", "set", "near0", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{_FAR}/24", "dev", "far0"),
            ("link", "set", "far0", "up"),
        ):
            subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", *words], check=True)

    def pull(self) -> None:
        """Nothing gets through."""
        _ip("link", "set", "near0", "down")

    def put_back(self) -> None:
        """It does again."""
        _ip("link", "set", "near0", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextlib.asynccontextmanager
async def _far_end(folder: Path, authority: Authority) -> AsyncIterator[tuple[int, int]]:
    """The back end in a namespace of its own: its process and port."""
    authority.server_context(_FAR)
    process = await asyncio.create_subprocess_exec(
        *("unshare", "-n", sys.executable, "-m", "tests.bench.back_end"),
        *(str(folder / f"{_FAR}.pem"), "0.0.0.0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process.pid, int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def _stream(rig: Rig, cable: Cable, *, away_s: float) -> str:
    client = await Client.connect(rig.port)
    began = time.monotonic()
    await client.send(_asked(b"stream 40 100"))
    await client.head()
    cable.pull()
    await asyncio.sleep(away_s)
    cable.put_back()
    events = 0
    with contextlib.suppress(asyncio.IncompleteReadError, ValueError, OSError):
        while await client.chunk():
            events += 1
    client.cut()
    return f"{events} reads of a stream of 40 events in {time.monotonic() - began:.1f} s"


async def _short(rig: Rig) -> str:
    client = await Client.connect(rig.port)
    began = time.monotonic()
    await client.send(_asked(b"short"))
    try:
        got = await client.answer()
        said = f"{got.status} {got.body[:160].decode('utf-8', 'replace')}"
    except asyncio.IncompleteReadError:
        said = "cut before any answer: Codex asks again by itself"
    client.cut()
    return f"after {time.monotonic() - began:.1f} s: {said}"


def _asked(bench: bytes) -> bytes:
    base = b"POST /c/fake-bind-secret/backend-api/codex/responses HTTP/1.1\r\nhost: localhost\r\n"
    return base + b"x-bench: " + bench + b"\r\ncontent-length: 2\r\n\r\n{}"


async def _inside() -> None:
    with tempfile.TemporaryDirectory(prefix="link-") as name:
        folder = Path(name)
        authority = Authority.create(folder)
        async with _far_end(folder, authority) as (pid, port):
            cable = Cable(pid)
            rig = Rig(port, FakeClock())
            rig.accounts = [A]
            rig.set("upstream.allow_custom", True)
            rig.set("upstream.base_url", f"https://{_FAR}:{port}/backend-api")
            rig.set("upstream.ca_file", str(authority.bundle))
            rig.set("upstream.connect_timeout_s", 3.0)
            await rig.start()
            print("at rest:", await _short(rig))
            print("away for 3 s in a stream:", await _stream(rig, cable, away_s=3))
            cable.pull()
            for connection in ("the kept one", "the warm one", "none is left"):
                print(f"away for good, {connection}:", await _short(rig))
                rig.observed = type(rig.observed)()
            cable.put_back()
            print("back:", await _short(rig))
            await rig.server.drain(grace_s=0)


def main() -> None:
    """Begin again in a namespace of our own."""
    if sys.argv[1:] == [_INSIDE]:
        asyncio.run(_inside())
        return
    as_nobody = [] if os.geteuid() == 0 else ["-r"]
    command = ["unshare", *as_nobody, "-n", sys.executable, "-m", "tests.bench.link", _INSIDE]
    sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
