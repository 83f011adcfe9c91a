"""A WebSocket remembers what it has answered to the end, and nothing else."""

from core.standin import turns
from core.standin.session import NOTHING_SAID, History, Session
from tests.fakes.clock import START

ITEM = {"type": "message"}


def _session() -> Session:
    return Session(account="A", opened_at=START)


def _events(kind: str) -> list[bytes]:
    done = {"type": kind, "response": {"output": [{"type": "reasoning"}]}}
    return [turns.sse({"type": "response.created"}), turns.sse(done)]


def test_a_response_that_was_sent_whole_can_be_continued() -> None:
    session = _session()
    sending = session.remembering(_events("response.completed"), "resp_1", History((ITEM,), 7))
    next(sending)
    assert session.continued({"previous_response_id": "resp_1"}) == NOTHING_SAID
    assert len(list(sending)) == 1
    assert session.continued({"previous_response_id": "resp_1"}) == History(
        (ITEM, {"type": "reasoning"}), 7
    )


def test_a_response_that_failed_cannot() -> None:
    session = _session()
    list(session.remembering(_events("response.failed"), "resp_1", NOTHING_SAID))
    assert session.histories == {}


def test_what_continues_nothing_begins_afresh() -> None:
    assert _session().continued({}) == NOTHING_SAID
