"""What may be asked of us, and who may ask."""

import json
from datetime import UTC, datetime

import pytest

from core.binding.proof import proof
from core.domain.client import Client, ClientId
from core.domain.facts import RequestKind
from core.domain.settings import ProxySettings
from core.proxy.clients import StaleSecret, ValidSecret
from core.proxy.fields import Fields
from core.proxy.listener import Admitted
from core.proxy.messages import OwnAnswer, RequestHead
from core.proxy.routes import Identity, Passage, Routes

BASE = b"/c/fake-secret/backend-api/codex"
CLIENT = Client(
    id=ClientId("cl_1"),
    label="editor",
    token_sha256="00",
    created_at=datetime(2026, 11, 20, tzinfo=UTC),
)
HOST = (b"Host", b"127.0.0.1:8791")


def routes(origins: tuple[str, ...] = (), *, folders_wanted: bool = False) -> Routes:
    def valid(secret: str) -> ValidSecret | StaleSecret | None:
        known: dict[str, ValidSecret | StaleSecret] = {
            "fake-secret": ValidSecret(bind="b"),
            "fake-old": StaleSecret(bind="b"),
        }
        return known.get(secret)

    return Routes(
        valid=valid,
        known=lambda token: CLIENT if token == "tt_fake" else None,
        status=lambda client: {"running": True, "pool": client.pool},
        identity=lambda: Identity(instance="run-1", key=b"fake-key", bind="b"),
        settings=lambda: ProxySettings(origins=origins, max_body=2048),
        folders_wanted=lambda: folders_wanted,
    )


def head(target: bytes, *fields: tuple[bytes, bytes], method: bytes = b"GET") -> RequestHead:
    return RequestHead(method=method, target=target, fields=Fields(fields or [HOST]))


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        pytest.param(b"POST", b"/responses", RequestKind.RESPONSES, id="a turn"),
        pytest.param(b"POST", b"/responses/compact", RequestKind.RESPONSES, id="a compaction"),
        pytest.param(b"POST", b"/responses/", RequestKind.RESPONSES, id="a turn, with a slash"),
        pytest.param(b"POST", b"//responses?x", RequestKind.RESPONSES, id="a turn, with two"),
        pytest.param(b"POST", b"/%72esponses", RequestKind.RESPONSES, id="a turn, in disguise"),
        pytest.param(b"GET", b"/models?client_version=1", RequestKind.MODELS, id="the catalogue"),
        pytest.param(b"POST", b"/alpha/search", RequestKind.OTHER, id="a search"),
        pytest.param(b"GET", b"/never/heard/of?it=..", RequestKind.OTHER, id="an unknown path"),
        pytest.param(b"GET", b"", RequestKind.OTHER, id="the base itself"),
        pytest.param(b"GET", b"/a%20b/c..d/.well", RequestKind.OTHER, id="dots inside names"),
    ],
)
def test_everything_below_the_bound_address_goes_on(
    method: bytes, path: bytes, kind: RequestKind
) -> None:
    verdict = routes().gate(head(BASE + path, method=method), 8791)
    assert verdict == Admitted(route=Passage(kind=kind, path=b"/codex" + path), largest_body=2048)


@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        pytest.param(head(b"/c/fake-old/backend-api/codex/x"), 400, "stale_address", id="stale"),
        pytest.param(head(b"/c/fake-no/backend-api/codex/x"), 400, "unknown_address", id="unknown"),
        pytest.param(head(b"/c//backend-api/codex"), 400, "unknown_address", id="no secret"),
        pytest.param(head(b"/c/fake-secret/backend-api/codexx"), 404, "not_found", id="beside it"),
        pytest.param(head(b"/c/fake-secret/backend-api/wham/x"), 404, "not_found", id="above it"),
        pytest.param(head(b"/"), 404, "not_found", id="nothing there"),
        pytest.param(head(BASE + b"/../wham/usage"), 400, "bad_path", id="dot segments"),
        pytest.param(head(BASE + b"/%2E%2e/wham"), 400, "bad_path", id="escaped dot segments"),
        pytest.param(head(BASE + b"/..%2fwham"), 400, "bad_path", id="escaped slashes"),
        pytest.param(head(BASE + b"/..\\wham"), 400, "bad_path", id="backslashes"),
        pytest.param(head(BASE + b"/."), 400, "bad_path", id="a dot at the end"),
        pytest.param(head(b"http://127.0.0.1" + BASE), 400, "bad_path", id="absolute form"),
        pytest.param(head(b"*"), 400, "bad_path", id="asterisk form"),
        pytest.param(head(BASE + b"/\xff"), 400, "bad_path", id="bytes beyond ASCII"),
        pytest.param(head(b"/health", method=b"POST"), 400, "bad_method", id="POST /health"),
        pytest.param(head(BASE, method=b"TRACE"), 400, "bad_method", id="TRACE shows tokens"),
        pytest.param(head(BASE, (b"X", b"1")), 400, "foreign_host", id="no host"),
        pytest.param(head(BASE, HOST, HOST), 400, "foreign_host", id="two hosts"),
        pytest.param(
            head(BASE, (b"host", b"evil.example")), 400, "foreign_host", id="DNS rebinding"
        ),
        pytest.param(
            head(BASE, (b"host", b"127.0.0.1.evil.example")), 400, "foreign_host", id="a look-alike"
        ),
        pytest.param(
            head(BASE, HOST, (b"Origin", b"https://evil.example")),
            403,
            "origin_refused",
            id="origin",
        ),
        pytest.param(
            head(BASE, HOST, (b"Origin", b"null")), 403, "origin_refused", id="null origin"
        ),
        pytest.param(
            head(BASE, HOST, (b"Sec-Fetch-Site", b"cross-site")), 403, "origin_refused", id="a page"
        ),
        pytest.param(
            head(b"/health", HOST, (b"Origin", b"https://evil.example")),
            403,
            "origin_refused",
            id="a page may not even ask for health",
        ),
        pytest.param(
            head(BASE + b"/models", HOST, (b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")),
            426,
            "no_websocket",
            id="only turns are asked over a WebSocket",
        ),
    ],
)
def test_what_is_refused(refused: RequestHead, status: int, code: str) -> None:
    answer = routes().gate(refused, 8791)
    assert isinstance(answer, OwnAnswer)
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["reason"]) == (status, code)
    assert error["message"]


@pytest.mark.parametrize(
    "host",
    [b"localhost", b"LOCALHOST:1", b"127.0.0.1", b"127.9.9.9:80", b"[::1]:8791", b"[::1]"],
)
def test_a_loopback_name_with_any_port_is_ours(host: bytes) -> None:
    assert isinstance(routes().gate(head(BASE, (b"Host", host)), 8791), Admitted)


def test_a_listed_origin_may_call() -> None:
    caller = head(
        BASE, HOST, (b"Origin", b"http://localhost:3000"), (b"Sec-Fetch-Site", b"same-site")
    )
    assert isinstance(routes(("http://localhost:3000",)).gate(caller, 8791), Admitted)


def test_health_says_who_we_are() -> None:
    answer = routes().gate(head(b"/health"), 8791)
    assert isinstance(answer, OwnAnswer)
    assert json.loads(answer.body) == {"status": "ok", "name": "turntable"}


def test_health_proves_the_instance_the_port_and_the_bind() -> None:
    answer = routes().gate(head(b"/health?nonce=n%201"), 4711)
    assert isinstance(answer, OwnAnswer)
    assert json.loads(answer.body) == {
        "status": "ok",
        "name": "turntable",
        "instance": "run-1",
        "proof": proof(b"fake-key", nonce="n 1", port=4711, bind="b"),
    }


def test_a_proof_is_good_for_one_nonce_one_port_and_one_bind() -> None:
    proofs = {
        proof(b"fake-key", nonce="1", port=23, bind="b"),
        proof(b"fake-key", nonce="12", port=3, bind="b"),
        proof(b"fake-key", nonce="1", port=2, bind="3b"),
        proof(b"fake-other", nonce="1", port=23, bind="b"),
    }
    assert len(proofs) == 4


def test_an_endless_nonce_gets_no_proof() -> None:
    answer = routes().gate(head(b"/health?nonce=" + b"n" * 300), 8791)
    assert isinstance(answer, OwnAnswer)
    assert "proof" not in json.loads(answer.body)


@pytest.mark.parametrize("folders_wanted", [False, True])
def test_a_handshake_is_let_through_unless_a_folder_has_to_be_known(folders_wanted: bool) -> None:
    upgrade = ((b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"))
    handshake = head(BASE + b"/responses", HOST, *upgrade)
    answer = routes(folders_wanted=folders_wanted).gate(handshake, 8791)
    if folders_wanted:
        assert isinstance(answer, OwnAnswer)
        assert answer.status == 426
    else:
        assert isinstance(answer, Admitted)
        assert answer.route.websocket
