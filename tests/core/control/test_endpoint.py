"""A face beside the owner: calls, errors, watches; and nobody can hang or spoil the others."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.control import remote as remote_module
from core.control import transport, wire
from core.control.endpoint import Endpoint
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError, ExitCode
from core.domain.events import ShowRequested
from tests.core.control.engines import ScriptedFacade, account, snapshot


@pytest.fixture(params=["unix", "loopback"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    run = tmp_path / ("run" if request.param == "unix" else "r" * 100)
    run.mkdir(mode=0o700)
    return run / "control.sock"


@pytest.fixture
def facade() -> ScriptedFacade:
    return ScriptedFacade()


@pytest.fixture
async def endpoint(address: Path, facade: ScriptedFacade) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint(address, facade)
    await endpoint.start()
    yield endpoint
    await endpoint.close()


@pytest.fixture
def remote(endpoint: Endpoint, address: Path) -> RemoteFacade:
    return RemoteFacade(address)


async def test_a_verb_is_performed_by_the_owner(remote: RemoteFacade) -> None:
    assert await remote.answers()
    assert await remote.perform("echo", {"a": "ä", "b": [1, None]}) == {"a": "ä", "b": [1, None]}


async def test_a_path_of_any_bytes_arrives_as_it_is(remote: RemoteFacade) -> None:
    path = b"/home/\xff\xe4".decode("utf-8", "surrogateescape")

    assert await remote.perform("echo", {"file": path}) == {"file": path}


async def test_a_long_answer_arrives_whole(remote: RemoteFacade) -> None:
    text = (await remote.perform("long", {}))["text"]

    assert isinstance(text, str)
    assert len(text) == 8 * 1024 * 1024


async def test_the_owners_error_is_the_faces_error(remote: RemoteFacade) -> None:
    with pytest.raises(CoreError) as refused:
        await remote.perform("refuse", {})

    error = refused.value
    assert (error.code, error.message, error.hint) == ("why", "What.", "How.")
    assert error.exit_code is ExitCode.LEFT_ALONE


async def test_a_defect_of_ours_is_an_error_and_not_a_dead_owner(
    remote: RemoteFacade, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(CoreError) as failed:
        await remote.perform("break", {})

    assert failed.value.code == "internal"
    assert "fake-secret" not in f"{failed.value} {failed.value.hint}"
    assert "a verb failed" in caplog.text
    assert await remote.perform("echo", {}) == {}


async def test_the_snapshot_is_the_owners(remote: RemoteFacade) -> None:
    assert await remote.status() == snapshot()


async def test_a_face_that_hangs_does_not_block_the_others(
    remote: RemoteFacade, address: Path, facade: ScriptedFacade
) -> None:
    silent = await transport.connect(address)
    slow = asyncio.create_task(remote.perform("hang", {}))
    await facade.called.wait()

    assert await remote.perform("echo", {"a": 1}) == {"a": 1}

    slow.cancel()
    await asyncio.wait([slow])
    assert silent is not None
    silent[1].close()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello\n", id="no JSON"),
        pytest.param(b"[]\n", id="no object"),
        pytest.param(b"\xff\xfe\n", id="no text"),
        pytest.param(b'{"verb"', id="half a line"),
    ],
)
async def test_rubbish_ends_its_own_connection_only(
    remote: RemoteFacade, address: Path, line: bytes
) -> None:
    connection = await transport.connect(address)
    assert connection is not None
    reader, writer = connection
    writer.write(line)
    writer.write_eof()

    assert await reader.read() == b""

    writer.close()
    assert await remote.answers()


@pytest.mark.parametrize("message", [{}, {"verb": 5}, {"verb": "echo"}, {"arguments": {}}])
async def test_a_call_that_names_no_verb_is_told(
    endpoint: Endpoint, address: Path, message: dict[str, object]
) -> None:
    connection = await transport.connect(address)
    assert connection is not None
    reader, writer = connection
    await wire.send(writer, message)  # type: ignore[arg-type]

    answer = await wire.receive(reader)

    writer.close()
    assert answer is not None
    error = wire.error_from_json(answer["error"])
    assert (error.code, error.exit_code) == ("usage", ExitCode.USAGE)


# --- watching --------------------------------------------------------------------------------


async def test_a_watcher_sees_snapshots_and_wishes_until_the_owner_ends(
    remote: RemoteFacade, facade: ScriptedFacade
) -> None:
    other = snapshot(account(1))
    for seen in (ShowRequested(), other, None):
        facade.pending.put_nowait(seen)

    assert [seen async for seen in remote.watch()] == [snapshot(), ShowRequested(), other]


async def test_a_watch_ends_when_the_endpoint_is_closed(
    endpoint: Endpoint, remote: RemoteFacade
) -> None:
    seen = []
    async for report in remote.watch():
        seen.append(report)
        await endpoint.close()

    assert seen == [snapshot()]


async def test_a_watcher_that_leaves_is_forgotten_without_a_word(
    remote: RemoteFacade, facade: ScriptedFacade, caplog: pytest.LogCaptureFixture
) -> None:
    watch = remote.watch()
    await anext(watch)
    await watch.aclose()
    facade.pending.put_nowait(snapshot(version="after it left"))

    assert await remote.perform("echo", {}) == {}
    assert caplog.text == ""


async def test_an_owner_of_another_version_is_told_as_one(
    remote: RemoteFacade, facade: ScriptedFacade
) -> None:
    facade.report = replace(snapshot(), version=7)  # type: ignore[arg-type]

    with pytest.raises(CoreError, match="another version"):
        await remote.status()
    with pytest.raises(CoreError, match="another version"):
        await anext(remote.watch())


# --- the end ---------------------------------------------------------------------------------


async def test_without_an_owner_everything_ends_with_5(address: Path) -> None:
    remote = RemoteFacade(address)

    assert not await remote.answers()
    for call in (remote.perform("status", {}), remote.status(), anext(remote.watch())):
        with pytest.raises(CoreError) as error:
            await call
        assert error.value.code == "owner_not_running"
        assert error.value.exit_code is ExitCode.OWNER_NOT_RUNNING


async def test_a_call_that_is_under_way_when_the_owner_ends_is_cut_and_told(
    endpoint: Endpoint, remote: RemoteFacade, facade: ScriptedFacade
) -> None:
    call = asyncio.create_task(remote.perform("hang", {}))
    await facade.called.wait()
    await endpoint.close()

    with pytest.raises(CoreError, match="ended before it answered") as error:
        await call

    assert error.value.exit_code is ExitCode.OWNER_NOT_RUNNING
    await asyncio.wait_for(facade.cancelled.wait(), 1)


async def test_a_face_that_reads_nothing_does_not_keep_the_owner(
    endpoint: Endpoint, address: Path
) -> None:
    connection = await transport.connect(address)
    assert connection is not None
    reader, writer = connection
    await wire.send(writer, {"verb": "echo", "arguments": {}})
    await wire.receive(reader)
    for _ in range(4):
        await wire.send(writer, {"verb": "long", "arguments": {}})

    async with asyncio.timeout(2):
        await endpoint.close()

    writer.close()


async def test_an_endpoint_that_was_closed_leaves_nothing_and_may_be_closed_again(
    endpoint: Endpoint, address: Path
) -> None:
    await endpoint.close()
    await endpoint.close()

    assert not address.exists()
    assert not await RemoteFacade(address).answers()


async def test_what_lies_in_the_place_of_the_address_is_told(
    address: Path, facade: ScriptedFacade
) -> None:
    address.mkdir()

    with pytest.raises(CoreError, match="cannot be reached at") as error:
        await Endpoint(address, facade).start()

    assert error.value.code == "control_failed"


async def test_an_owner_that_is_silent_for_too_long_is_told(
    remote: RemoteFacade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "LONGEST_ANSWER_S", 0.05)

    with pytest.raises(CoreError, match="has not answered"):
        await remote.perform("hang", {})
