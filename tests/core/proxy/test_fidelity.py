"""Recorded requests arrive as the real client sent them, but for the fields that are ours."""

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.core.proxy.rig import BASE, A, Arrived, BackEnd, Client, Rig, Wire, grant_of

pytestmark = pytest.mark.usefixtures("way")

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
RECORDED: list[Any] = [
    pytest.param(recorded, id=f"{path.stem} {n}")
    for path in sorted(CAPTURES.glob("*.json"))
    for n, recorded in enumerate(json.loads(path.read_text()))
]


def body_of(recorded: dict[str, Any]) -> bytes:
    if "body" not in recorded:
        return b""
    plain = json.dumps(recorded["body"], separators=(",", ":")).encode()
    zstd = recorded["content_encoding"] == "zstd"
    return zstandard.ZstdCompressor().compress(plain) if zstd else plain


@pytest.mark.parametrize("recorded", RECORDED)
async def test_a_recorded_request_arrives_equal_but_for_the_named_fields(
    rig: Rig, back_end: BackEnd, client: Client, recorded: dict[str, Any]
) -> None:
    body = body_of(recorded)
    path = recorded["path"].removeprefix("/backend-api/codex")
    fields = dict(recorded["headers"])
    if "content-length" in fields:
        fields["content-length"] = str(len(body))
    lines = [f"{name}: {found}".encode() for name, found in fields.items()]
    first = f"{recorded['method']} {BASE}{path} HTTP/1.1".encode()
    await client.send(b"\r\n".join([first, *lines]) + b"\r\n\r\n" + body)
    await client.answer()

    (arrived,) = back_end.arrived
    grant = grant_of(A)
    ours = {
        "host": f"127.0.0.1:{back_end.port}",
        "authorization": f"Bearer {grant.access_token}",
        "chatgpt-account-id": grant.workspace,
    }
    replaced = {name: ours.get(name.lower(), found) for name, found in fields.items()}
    expected = [f"{name}: {found}".encode() for name, found in replaced.items()]
    assert (
        arrived.head.split(b"\r\n")[0]
        == f"{recorded['method']} {recorded['path']} HTTP/1.1".encode()
    )
    assert arrived.lines == expected
    assert arrived.body == body


EDIT = b'--x\r\ncontent-disposition: form-data; name="image"\r\n\r\n\x89PNG\r\n--x--\r\n'


ANSWERED = (b"Location: /calls/1", b"X-Odd: a", b"x-odd: b")


@pytest.mark.parametrize(
    ("asked", "kind", "body"),
    [
        pytest.param("POST /images/edits", "multipart/form-data; boundary=x", EDIT, id="images"),
        pytest.param("POST /realtime/calls?model=m", "application/sdp", b"v=0\r\n", id="calls"),
        pytest.param("POST /memories/trace_summarize", "application/json", b"{}", id="memories"),
        pytest.param("POST /responses/compact", "application/json", b"{}", id="compact"),
        pytest.param("PUT /never/heard%20of//it?a=b&a", "x/y", b"\0\xff", id="an unknown path"),
        pytest.param("DELETE /never", "", b"", id="without a body"),
    ],
)
async def test_any_other_path_passes_both_ways_as_it_is(
    rig: Rig, back_end: BackEnd, asked: str, kind: str, body: bytes
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(201, b"\0answer\xff", *ANSWERED)

    back_end.script = script
    method, _, path = asked.partition(" ")
    about = ("X-Odd: 1", f"Content-Type: {kind}", "x-odd: 2") if body else ()
    client = await Client.connect(rig.port)
    got = await client.ask(method, path, body, *about)
    await client.close()
    (arrived,) = back_end.arrived
    assert arrived.head.startswith(f"{method} /backend-api/codex{path} HTTP/1.1\r\n".encode())
    assert tuple(line.decode() for line in arrived.lines[1 : 1 + len(about)]) == about
    assert arrived.body == body
    assert (got.status, got.body) == (201, b"\0answer\xff")
    assert tuple(Arrived(got.head, b"").lines[1:4]) == ANSWERED
    assert (await rig.row()).status == 201


def test_the_recordings_are_here() -> None:
    assert len(RECORDED) >= 7
