"""Whatever the back end says, Codex gets nothing on its own address that it cannot bear."""

import json

import pytest

from core.domain.observed import Observed
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire

pytestmark = pytest.mark.usefixtures("never_twice")

KINDS = (b"application/json", b"text/plain", b"text/html; charset=utf-8")
ASKED = (("POST", "/responses", b"{}"), ("GET", "/models", b""), ("POST", "/alpha/search", b"{}"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "status",
    [
        200, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 413, 422, 429,
        500, 502, 503, 504, 511, 520, 524,
    ],
)  # fmt: skip
async def test_codex_never_meets_a_401_a_web_page_or_a_redirect(
    rig: Rig, back_end: BackEnd, client: Client, status: int, kind: bytes
) -> None:
    page = b"<html>" if b"html" in kind else b'{"detail":"so"}'
    fields = (b"location: https://elsewhere.example/", b"www-authenticate: Basic")

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(status, page, *fields, kind=kind)

    back_end.script = script
    for method, path, body in ASKED:
        rig.observed = Observed()
        got = await client.ask(method, path, body)
        assert got.whole
        assert got.status != 401
        assert not 300 <= got.status < 400
        assert b"html" not in (got.value(b"content-type") or b"")
        assert not got.body.startswith(b"<")
        if got.status != status:
            assert got.status in (400, 429, 502)
            assert json.loads(got.body)["error"]["message"]


async def test_a_catalogue_that_has_not_changed_is_no_redirect(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n')

    back_end.script = script
    assert (await client.ask("GET", "/models", b"", 'if-none-match: "1"')).status == 304
