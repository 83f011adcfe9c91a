"""Where a delay, a gate or a cut stands in an answer."""

import pytest

from core.standin.acts import Act, Break, Hang, Part, Streamed, Upgraded, Wait, perform, speak
from core.standin.replies import Reply
from core.standin.script import Closes, Cut, Delay, Effect, Gate, Pings, Stall
from tests.core.standin.recordings import recorded

STREAM = Streamed(headers=((b"x-a", b"1"),), events=(b"one", b"two"))
HEAD, ONE, TWO, END = "head", b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"
GATE, LATE_GATE = Gate(after_events=1), Gate(after_events=9)


def _played(answer: Reply | Streamed, *effects: Effect) -> list[Act]:
    return list(perform(answer, effects, recorded(), b"now"))


def _outline(acts: list[Act]) -> list[Act | str]:
    return [HEAD if isinstance(act, bytes) and act.startswith(b"HTTP/1.1") else act for act in acts]


@pytest.mark.parametrize(
    ("effects", "outline"),
    [
        pytest.param((), [HEAD, ONE, TWO, END], id="nothing happens"),
        pytest.param(
            (Delay(head_s=1, event_s=2),),
            [Wait(1), HEAD, Wait(2), ONE, Wait(2), TWO, END],
            id="everything comes late",
        ),
        pytest.param((GATE,), [HEAD, ONE, GATE, TWO, END], id="held after the first event"),
        pytest.param((LATE_GATE,), [HEAD, ONE, TWO, LATE_GATE, END], id="held before the end"),
        pytest.param((Stall(),), [Hang(), HEAD, ONE, TWO, END], id="silent from the start"),
        pytest.param((Stall(after_events=0),), [HEAD, Hang(), ONE, TWO, END], id="only a head"),
        pytest.param(
            (Cut(after_events=1, reset=True),),
            [HEAD, ONE, Break(reset=True), TWO, END],
            id="reset after the first event",
        ),
        pytest.param(
            (Cut(after_events=1, mid_chunk=True),),
            [HEAD, ONE, TWO[:4], Break(reset=False), TWO, END],
            id="cut within the second event",
        ),
        pytest.param(
            (Cut(after_events=99),), [HEAD, ONE, TWO, Break(reset=False), END], id="no end"
        ),
        pytest.param(
            (Closes(after_events=1),),
            [HEAD, ONE, Break(reset=False), TWO, END],
            id="over HTTP, closing is a cut",
        ),
        pytest.param((Pings(),), [HEAD, ONE, TWO, END], id="over HTTP there are no pings"),
    ],
)
def test_the_acts_of_a_stream(effects: tuple[Effect, ...], outline: list[Act | str]) -> None:
    assert _outline(_played(STREAM, *effects)) == outline


class _Framer:
    """Frames that can be read."""

    def text(self, payload: bytes) -> bytes:
        return b"text:" + payload

    def ping(self, payload: bytes) -> bytes:
        return b"ping:" + payload

    def close(self, code: int, reason: str) -> bytes:
        return f"close:{code}:{reason}".encode()


@pytest.mark.parametrize(
    ("effects", "outline"),
    [
        pytest.param((), [b"text:one", b"text:two"], id="nothing happens"),
        pytest.param(
            (Pings(payload=b"?", after_events=1),),
            [b"text:one", b"ping:?", b"text:two"],
            id="a ping between two events",
        ),
        pytest.param(
            (Closes(code=1001, reason="bye"),),
            [b"close:1001:bye", Part(), b"text:one", b"text:two"],
            id="closed before any event",
        ),
        pytest.param(
            (Cut(after_events=1, mid_chunk=True),),
            [b"text:one", b"text", Break(reset=False), b"text:two"],
            id="cut within the second frame",
        ),
    ],
)
def test_the_acts_of_messages(effects: tuple[Effect, ...], outline: list[Act]) -> None:
    asked = recorded()
    acts = list(speak((b"one", b"two"), effects, asked, _Framer()))
    assert [act for act in acts if act != b""] == outline
    assert asked.events_sent == 2


def test_a_handshake_is_answered_with_101_and_no_body() -> None:
    acts = perform(
        Upgraded(headers=((b"x-a", b"1"),), agreement=None),
        (),
        recorded(keep_alive=False),
        b"now",
    )
    assert b"".join(act for act in acts if isinstance(act, bytes)) == (
        b"HTTP/1.1 101 Switching Protocols\r\ndate: now\r\n"
        b"connection: upgrade\r\nupgrade: websocket\r\nx-a: 1\r\n\r\n"
    )


def test_a_reply_is_framed_by_its_length() -> None:
    head, body, _ = _played(Reply(status=429, body=b"{}", headers=((b"retry-after", b"1"),)))
    assert isinstance(head, bytes)
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\ndate: now\r\n")
    assert b"retry-after: 1\r\n" in head
    assert b"content-type: application/json\r\ncontent-length: 2\r\n" in head
    assert body == b"{}"


@pytest.mark.parametrize(
    ("status", "framing"),
    [
        pytest.param(304, b"", id="not modified has no length"),
        pytest.param(502, b"content-length: 0\r\n", id="an error without a body says so"),
        pytest.param(524, b"HTTP/1.1 524 Unknown", id="a status that only CDNs use"),
    ],
)
def test_a_reply_without_a_body(status: int, framing: bytes) -> None:
    head, *rest = _played(Reply(status=status))
    assert isinstance(head, bytes)
    assert framing in head
    assert (b"content-length" in head) is (status != 304)
    assert b"".join(act for act in rest if isinstance(act, bytes)) == b""


def test_the_last_answer_of_a_connection_says_so() -> None:
    (head, *_) = perform(STREAM, (), recorded(keep_alive=False), b"now")
    assert isinstance(head, bytes)
    assert b"connection: close\r\n" in head
