"""How a face finds the owner, by a Unix socket and by loopback; and who is kept out."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from core.control import transport


@pytest.fixture(params=["unix", "loopback"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A control address of each kind: a path too long for a socket is reached by loopback."""
    run = tmp_path / ("run" if request.param == "unix" else "r" * 100)
    run.mkdir(mode=0o700)
    return run / "control.sock"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """An address that is reached by loopback."""
    run = tmp_path / ("r" * 100)
    run.mkdir(mode=0o700)
    return run / "control.sock"


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello " + await reader.readline())
    writer.close()


async def end(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()


async def left_behind(address: Path) -> None:
    """What lies at the address after a kill -9: an end in good order may tidy up."""
    server = await transport.listen(address, greet)
    aside = address.rename(address.with_name("aside"))
    await end(server)
    aside.rename(address)


async def ask(address: Path) -> bytes | None:
    connection = await transport.connect(address)
    if connection is None:
        return None
    reader, writer = connection
    writer.write(b"you\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_face_reaches_the_owner(address: Path) -> None:
    server = await transport.listen(address, greet)

    assert await ask(address) == b"hello you\n"
    await end(server)


async def test_nobody_is_there_before_and_after(address: Path) -> None:
    assert await transport.connect(address) is None

    await left_behind(address)

    assert address.exists()
    assert await transport.connect(address) is None


async def test_what_an_owner_left_behind_is_replaced(address: Path) -> None:
    await left_behind(address)

    server = await transport.listen(address, greet)

    assert await ask(address) == b"hello you\n"
    await end(server)


async def test_the_key_is_readable_by_nobody_else(far: Path) -> None:
    server = await transport.listen(far, greet)

    assert stat.S_IMODE(far.stat().st_mode) == 0o600
    await end(server)


async def test_a_wrong_key_is_refused_by_the_owner(far: Path) -> None:
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.set()
        writer.close()

    server = await transport.listen(far, serve)
    note = json.loads(far.read_text("ascii"))
    far.write_text(json.dumps(note | {"key": "00" * 32}), "ascii")

    assert await transport.connect(far) is None
    assert not served.is_set()
    await end(server)


async def test_another_program_on_the_port_of_a_dead_owner_is_refused_by_the_face(
    far: Path,
) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"n" * 32 + b"p" * 32)
        heard.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(impostor, "127.0.0.1", 0)
    key = bytes(range(32))
    port = server.sockets[0].getsockname()[1]
    far.write_text(json.dumps({"port": port, "key": key.hex()}), "ascii")

    assert await transport.connect(far) is None
    assert key not in await heard.get()
    await end(server)


async def test_the_owners_own_proof_does_not_open_the_owner(far: Path) -> None:
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.set()
        writer.close()

    server = await transport.listen(far, serve)
    port = json.loads(far.read_text("ascii"))["port"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(await reader.readexactly(32))  # its nonce back as ours
    writer.write(await reader.readexactly(32))  # and its proof as ours

    assert await reader.read() == b""
    assert not served.is_set()
    writer.close()
    await writer.wait_closed()
    await end(server)


@pytest.mark.parametrize(
    "left",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param('{"port": 1}', id="no key"),
        pytest.param('{"port": "x", "key": ""}', id="no port"),
        pytest.param('{"port": 70000, "key": "00"}', id="a port beyond the last"),
        pytest.param('{"port": 1, "key": "xyz"}', id="no hexadecimal key"),
    ],
)
async def test_a_damaged_note_is_nobody(far: Path, left: str) -> None:
    far.write_text(left, "ascii")

    assert await transport.connect(far) is None


async def test_a_folder_in_the_place_of_the_address_is_nobody(address: Path) -> None:
    address.mkdir()

    assert await transport.connect(address) is None


async def test_a_face_that_names_the_folder_longer_finds_a_socket_all_the_same(
    tmp_path: Path,
) -> None:
    short, long = tmp_path / "run", tmp_path / ("r" * 100)
    short.mkdir()
    long.symlink_to(short, target_is_directory=True)

    server = await transport.listen(long / "control.sock", greet)

    assert await ask(short / "control.sock") == b"hello you\n"
    await end(server)
