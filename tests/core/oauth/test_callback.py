"""The listener on loopback answers its own browser, and nobody else learns or ends anything."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from core.oauth import pages
from core.oauth.callback import CallbackListener, Cancelled, listen
from core.oauth.protocol import Attempt, Code, Denied
from core.words.speech import english
from tests.core.oauth.ports import free_ports

STATE = "fake-state"


@pytest.fixture
async def listener() -> AsyncIterator[CallbackListener]:
    listener = await listen(speech=english(), ports=free_ports())
    yield listener
    await listener.close()


def _attempt(listener: CallbackListener) -> Attempt:
    return Attempt(code_verifier="fake-verifier", state=STATE, redirect_uri=listener.redirect_uri)


async def _raw(listener: CallbackListener, request: str, *, host: str = "127.0.0.1") -> str:
    """Send these bytes; everything that comes back."""
    reader, writer = await asyncio.open_connection(host, listener.port)
    writer.write(request.encode("latin-1"))
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def _get(listener: CallbackListener, target: str, *fields: str) -> str:
    host = f"host: 127.0.0.1:{listener.port}"
    head = "\r\n".join([f"GET {target} HTTP/1.1", host, *fields])
    return await _raw(listener, f"{head}\r\n\r\n")


async def test_the_code_leaves_the_address_bar_and_comes_to_us(
    listener: CallbackListener,
) -> None:
    waiting = asyncio.ensure_future(listener.wait(_attempt(listener)))
    await asyncio.sleep(0)
    answer = await _get(listener, f"/auth/callback?code=fake-code&state={STATE}")
    assert answer.startswith("HTTP/1.1 302 ")
    assert "\r\nlocation: /result\r\n" in answer
    assert "fake-code" not in answer
    assert await waiting == Code(code="fake-code")
    listener.conclude("<p>the end</p>")
    assert (await _get(listener, "/result")).endswith("\r\n\r\n<p>the end</p>")


async def test_both_loopback_addresses_answer(listener: CallbackListener) -> None:
    host = f"host: localhost:{listener.port}"
    for address in ("127.0.0.1", "::1"):
        answer = await _raw(listener, f"GET / HTTP/1.1\r\n{host}\r\n\r\n", host=address)
        assert answer.startswith("HTTP/1.1 404 ")


async def test_nobody_else_on_the_network_can_connect(listener: CallbackListener) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; names our own outward address
        except OSError:
            own = "127.0.0.2"
        else:
            own = probe.getsockname()[0]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(own, listener.port)


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        pytest.param("/auth/callback?code=c&state=other", (), 400, id="a wrong state"),
        pytest.param("/auth/callback?code=c", (), 400, id="no state"),
        pytest.param(f"/auth/callback?state={STATE}", (), 400, id="no code"),
        pytest.param("/auth/callback", (), 400, id="nothing"),
        pytest.param("/", (), 404, id="another page"),
        pytest.param("/result", (), 404, id="the end before there is one"),
        pytest.param("/cancel", ("origin: https://evil.example",), 404, id="a page cancels"),
        pytest.param("/cancel", ("sec-fetch-site: cross-site",), 404, id="a picture cancels"),
        pytest.param("/cancel", ("referer: https://evil.example/",), 404, id="a link cancels"),
    ],
)
async def test_what_is_not_our_callback_changes_nothing(
    listener: CallbackListener, target: str, fields: tuple[str, ...], status: int
) -> None:
    waiting = asyncio.ensure_future(listener.wait(_attempt(listener)))
    await asyncio.sleep(0)
    assert (await _get(listener, target, *fields)).startswith(f"HTTP/1.1 {status} ")
    assert not waiting.done()
    await _get(listener, f"/auth/callback?code=ours&state={STATE}")
    assert await waiting == Code(code="ours")


@pytest.mark.parametrize(
    "request_text",
    [
        pytest.param("GET /auth/callback?code=c&state=fake-state HTTP/1.1", id="no host"),
        pytest.param(
            "GET /auth/callback?code=c&state=fake-state HTTP/1.1\r\nhost: evil.example",
            id="another name that leads here",
        ),
        pytest.param(
            "POST /auth/callback?code=c&state=fake-state HTTP/1.1\r\nhost: 127.0.0.1:{port}",
            id="another method",
        ),
        pytest.param("GET /auth/callback?code=c&state=fake-state", id="half a request line"),
        pytest.param("\x16\x03\x01 tls hello", id="TLS"),
    ],
)
async def test_what_is_no_request_of_a_browser_is_refused(
    listener: CallbackListener, request_text: str
) -> None:
    waiting = asyncio.ensure_future(listener.wait(_attempt(listener)))
    await asyncio.sleep(0)
    answer = await _raw(listener, request_text.format(port=listener.port) + "\r\n\r\n")
    assert answer.startswith("HTTP/1.1 400 ")
    assert not waiting.done()
    waiting.cancel()


async def test_a_head_without_end_is_cut_off(listener: CallbackListener) -> None:
    with suppress(ConnectionResetError):
        assert await _raw(listener, "GET / HTTP/1.1\r\nx: " + "x" * 200_000) == ""
    assert (await _get(listener, "/")).startswith("HTTP/1.1 404 "), "and it still serves"


async def test_a_callback_before_the_sign_in_has_begun_is_nobodys(
    listener: CallbackListener,
) -> None:
    answer = await _get(listener, "/auth/callback?code=c&state=")
    assert answer.startswith("HTTP/1.1 400 ")


async def test_the_first_answer_counts(listener: CallbackListener) -> None:
    waiting = asyncio.ensure_future(listener.wait(_attempt(listener)))
    await asyncio.sleep(0)
    await _get(listener, f"/auth/callback?error=access_denied&state={STATE}")
    await _get(listener, f"/auth/callback?code=late&state={STATE}")
    assert await waiting == Denied(code="access_denied", sentence="")


async def test_a_program_that_wants_the_port_gets_it(listener: CallbackListener) -> None:
    waiting = asyncio.ensure_future(listener.wait(_attempt(listener)))
    await asyncio.sleep(0)
    assert (await _get(listener, "/cancel")).startswith("HTTP/1.1 200 ")
    assert await waiting == Cancelled()


async def test_pages_load_nothing_and_are_kept_nowhere(listener: CallbackListener) -> None:
    head, _, page = (await _get(listener, "/")).partition("\r\n\r\n")
    for field in (
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
    ):
        assert field in head
    assert "src=" not in page
    assert "http" not in page


async def test_what_the_issuer_says_cannot_become_markup() -> None:

    page = pages.failed(english(), "<script>alert(1)</script>")
    assert "<script>" not in page
