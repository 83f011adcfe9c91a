"""What one WebSocket remembers: the responses that its next messages may continue."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core.standin import turns

# "Responses websocket connection limit reached (60 minutes)", says the official client.
LONGEST = timedelta(minutes=60)


class History(NamedTuple):
    """A thread up to the end of one response: its items, and how many bytes asked for them."""

    items: tuple[Mapping[str, Any], ...] = ()
    size: int = 0


NOTHING_SAID = History()


@dataclass(slots=True, kw_only=True)
class Session:
    """One WebSocket.

    Attributes:
        account: name of the account that it was opened with.
        opened_at: when.
        histories: by response id.
    """

    account: str
    opened_at: datetime
    histories: dict[str, History] = field(default_factory=dict)

    def continued(self, body: Mapping[str, Any]) -> History:
        """The thread that a message continues; an empty one if it continues nothing."""
        return self.histories.get(str(body.get("previous_response_id")), NOTHING_SAID)

    def remembering(
        self, events: Iterable[bytes], response_id: str, thread: History
    ) -> Iterator[bytes]:
        """The same server-sent events; the thread can be continued once all have been sent."""
        last = b""
        for last in events:
            yield last
        done = json.loads(turns.data_of(last))
        if done["type"] == "response.completed":
            items = (*thread.items, *done["response"]["output"])
            self.histories[response_id] = History(items, thread.size)
