from core.standin.listener import Listener
from core.standin.outcome import Outcome
from core.standin.record import Record
from core.standin.recorded import Ending, Recorded
from core.standin.replies import Reply
from core.standin.session import Session
from tests.core.standin.wire import dial
from tests.fakes.clock import START, FakeClock


async def test_each_request_is_decided_once_and_recorded(clock: FakeClock) -> None:
    decided: list[Recorded] = []
    record = Record(keep=9)

    class Decisions:
        def decide(self, recorded: Recorded) -> Outcome:
            decided.append(recorded)
            return Outcome(Reply(status=200, body=b"yes"))

        def decide_message(self, recorded: Recorded, session: Session) -> Outcome:
            raise AssertionError(recorded, session)

        def blame(self, recorded: Recorded, sentence: str) -> None:
            raise AssertionError(recorded, sentence)

    listener = Listener(now=clock.now, decisions=Decisions(), record=record)
    port = await listener.start(0, None)
    async with dial(port) as wire:
        wire.send(b"GET /a?b=1 HTTP/1.1\r\nhost: x\r\n\r\n")
        head = await wire.head()
        assert b"date: Mon, 02 Mar 2026 09:00:00 GMT\r\n" in head
        assert await wire.reader.readexactly(3) == b"yes"
        assert listener.connections == 1
        await listener.close()
    assert listener.connections == 0
    (request,) = record.requests
    assert decided == [request]
    assert (request.path, request.query) == ("/a", {"b": ["1"]})
    assert (request.ending, request.ended_at) == (Ending.ANSWERED, START)
