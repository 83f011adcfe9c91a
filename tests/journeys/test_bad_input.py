"""Bad input, and the program's ends: each a sentence and an exit code, nothing changed."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from core.standin.people import Login
from core.standin.script import Gate
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex


type MakeContent = Callable[[Login], str]


def auth_json(login: Login) -> str:
    return json.dumps(login.auth_json)


def in_api_key_mode(login: Login) -> str:
    return json.dumps(
        {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-fake-fake-fake", "tokens": None}
    )


BAD_LOGINS = [
    pytest.param(None, "login_missing", id="missing"),
    pytest.param(lambda _: "", "login_empty", id="empty"),
    pytest.param(lambda login: auth_json(login)[:-40], "login_broken", id="truncated"),
    pytest.param(in_api_key_mode, "login_api_key", id="API-key mode"),
]


@pytest.mark.parametrize(("content", "code"), BAD_LOGINS)
async def test_a_bad_auth_json_is_named_and_changes_nothing(
    turntable: Turntable,
    people: dict[str, Login],
    tmp_path: Path,
    content: MakeContent | None,
    code: str,
) -> None:
    home = tmp_path / "homes" / "A"
    (home / "auth.json").unlink()
    if content is not None:
        (home / "auth.json").write_text(content(people["A"]))
    ran = await turntable.run("import", "--from", "codex", "--json", CODEX_HOME=str(home))
    assert (ran.json["error"]["code"], ran.exit_code) == (code, 1)
    assert str(home / "auth.json") in ran.json["error"]["message"]
    assert ran.json["error"]["hint"]
    assert (await turntable.done("accounts"))["accounts"] == []
    assert (await turntable.done("status"))["vault"]["backend"] == "none"


async def test_a_revoked_login_is_not_imported(
    turntable: Turntable, people: dict[str, Login], tmp_path: Path, back_end: StandIn
) -> None:
    back_end.revoke("A")
    home = tmp_path / "homes" / "A"
    ran = await turntable.run("import", "--json", CODEX_HOME=str(home))
    assert (ran.json["error"]["code"], ran.exit_code) == ("login_revoked", 4)
    assert (await turntable.done("accounts"))["accounts"] == []


async def test_an_invalid_config_is_refused_with_file_line_and_column(
    turntable: Turntable, codex: Codex
) -> None:
    invalid = b'model = "x"\nmodel = "y"\n'
    codex.config.write_bytes(invalid)
    async with turntable.serve():
        ran = await turntable.run("bind")
    assert ran.exit_code == 1
    assert str(codex.config) in ran.stderr
    assert "line 2" in ran.stderr
    assert "column" in ran.stderr
    assert codex.config.read_bytes() == invalid


async def test_a_port_that_is_taken_is_replaced_and_the_bind_follows(
    turntable: Turntable, codex: Codex, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        async with turntable.serve() as serving:
            assert serving.port != free_port
            await turntable.done("bind")
            assert f"127.0.0.1:{serving.port}/c/" in codex.config.read_text()


async def test_a_bind_follows_when_its_port_is_taken_at_the_next_start(
    turntable: Turntable, codex: Codex
) -> None:
    async with turntable.serve() as first:
        await turntable.done("bind")
        first.kill()
        await first.ended(5)
    with socket.create_server(("127.0.0.1", first.port)):
        async with turntable.serve() as second:
            assert second.port != first.port
            assert f"127.0.0.1:{second.port}/c/" in codex.config.read_text()


async def test_bind_without_a_codex_says_that_verification_was_skipped(
    turntable: Turntable, codex: Codex
) -> None:
    async with turntable.serve(PATH="/usr/bin:/bin"):
        ran = await turntable.run("bind")
    assert ran.exit_code == 0
    assert "skipped" in ran.stdout


async def test_bind_without_a_proxy_ends_with_5(turntable: Turntable, codex: Codex) -> None:
    ran = await turntable.run("bind")
    assert ran.exit_code == 5
    assert not codex.config.exists()


@pytest.mark.usefixtures("imported")
async def test_a_wrong_passphrase_is_locked(turntable: Turntable) -> None:
    ran = await turntable.run("serve", TURNTABLE_PASSPHRASE="wrong")
    assert ran.exit_code == 7
    assert "passphrase" in ran.stderr


@pytest.mark.usefixtures("imported")
async def test_without_a_passphrase_the_proxy_says_that_it_is_locked(
    turntable: Turntable, signed_in_codex: Codex
) -> None:
    async with turntable.serve(TURNTABLE_PASSPHRASE=""):
        await turntable.done("bind")
        assert (await turntable.done("status"))["vault"]["locked"] is True
        run = await signed_in_codex.exec("say hi")
        assert run.exit_code == 1
        assert "locked" in run.errors[-1]
        assert "{" not in run.errors[-1], "people read a sentence, not JSON"


@pytest.mark.usefixtures("imported")
async def test_without_an_upstream_codex_hears_the_reason(
    turntable: Turntable, signed_in_codex: Codex, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with turntable.serve(
        TURNTABLE_UPSTREAM_BASE_URL=f"http://127.0.0.1:{port}/backend-api"
    ) as serving:
        await turntable.done("bind")
        address = signed_in_codex.config.read_text().split('"')[1].removeprefix("http://")
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        path = address.partition("/")[2]
        body = b'{"model":"gpt-6.1-sol"}'
        writer.write(
            b"POST /%b/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (path.encode(), len(body), body)
        )
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 502 ")
        error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
        assert error["reason"] == "upstream_unreachable"


async def test_a_second_serve_says_who_is_there_already(turntable: Turntable) -> None:
    async with turntable.serve() as serving:
        ran = await turntable.run("serve")
        assert ran.exit_code == 1
        assert f"pid {serving.process.pid}" in ran.stderr


@pytest.mark.usefixtures("imported")
async def test_sigterm_in_a_stream_unbinds_first_and_ends_with_0_in_time(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    config = signed_in_codex.config
    config.write_text('model = "gpt-6.1-sol"\n')
    before = config.read_bytes()
    gate = Gate(after_events=3)
    back_end.next("A", gate)
    async with turntable.serve() as serving:
        await turntable.done("bind")
        asking = asyncio.create_task(signed_in_codex.exec("say hi"))
        await gate.reached(timeout_s=20)
        serving.terminate()
        # The stream stands still: the program leaves it its 2 s, and has unbound before them.
        async with asyncio.timeout(1.5):
            await changed(config, before)
        assert serving.process.returncode is None
        assert await serving.ended(4) == 0
        gate.release()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def changed(file: Path, content: bytes) -> None:
    """Wait until `file` holds `content`; bounded by the caller."""
    while file.read_bytes() != content:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.01)


async def test_a_login_is_not_shown_to_a_back_end_that_nobody_allowed(
    turntable: Turntable, people: dict[str, Login], tmp_path: Path, codex: Codex
) -> None:
    answer = await turntable.done(
        "import",
        CODEX_HOME=str(tmp_path / "homes" / "A"),
        TURNTABLE_UPSTREAM_BASE_URL="https://gateway.example.com/backend-api",
    )
    assert (answer["outcome"], answer["checked"]) == ("added", False)
    assert codex.proxy.opened == []
    assert codex.proxy.refused == []
