"""Answers to other tools: event by event in their language, or the whole at the end."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from core.proxy import v1_answers
from core.proxy.answers import json_answer
from core.proxy.classify import error_in, is_event_stream
from core.proxy.fields import Fields
from core.proxy.messages import OwnAnswer, ResponseHead
from core.proxy.reply import Reply
from core.proxy.sse import Event, EventParser
from core.proxy.v1_events import Gathering, text_of_error
from core.words.answers import ENGLISH, Fault, Say, Sentences

type Finish = Callable[[Mapping[str, Any]], object]
"""The final response of the back end as the document that the tool gets."""
type Translate = Callable[[Event], bytes]
"""An event of the back end as the bytes that the tool gets; empty: nothing."""
type Recast = Callable[[bytes], bytes | None]
"""The body of an answer as the tool gets it; None: it cannot be read."""

_LARGEST = 64 * 1024 * 1024
_STATUS_OF_FAILURE = {
    "rate_limit_exceeded": 429,
    "usage_limit_reached": 429,
    "insufficient_quota": 429,
    "server_is_overloaded": 503,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
}


class WholeReply:
    """Waits for the whole body and answers what is made of it; a refusal keeps its status."""

    def __init__(self, inner: Reply, recast: Recast, say: Say = ENGLISH) -> None:
        """`inner` writes to the tool; `say`: the language of our own sentences."""
        self._inner = inner
        self._recast = recast
        self._tell = say
        self._head: ResponseHead | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._id = ""

    @property
    def status(self) -> int | None:
        """The status code that the tool got."""
        return self._inner.status

    def begin(self, head: ResponseHead, *, request_id: str) -> None:
        """The head of the back end's answer; nothing is sent yet."""
        self._head = head
        self._id = request_id

    def flush(self) -> None:
        """Nothing is sent before the end."""

    def write(self, data: bytes, last: bool) -> None:
        """Keep it; at the end, answer."""
        self._size += len(data)
        if self._size > _LARGEST:
            self._say(v1_answers.fault(Fault.INTERNAL, self._tell))
            return
        self._parts.append(data)
        if last and self._head is not None:
            self._say(self._answer_of(self._head, b"".join(self._parts)))

    def answer(self, own: OwnAnswer) -> None:
        """An answer of ours, whole."""
        self._inner.answer(own)

    def cut(self) -> None:
        """The back end cut its answer: of the tool's, nothing was sent."""
        self._say(v1_answers.fault(Fault.CUT, self._tell))

    def on_full(self, told: Callable[[bool], None] | None) -> None:
        """Nothing is written before the end: nobody has to wait."""

    def _answer_of(self, head: ResponseHead, body: bytes) -> OwnAnswer:
        if head.status >= 400:
            return refused(head, body)
        made = self._recast(body)
        if made is None:
            return v1_answers.not_json(head.status, self._tell)
        return OwnAnswer(
            status=head.status,
            reason=head.reason,
            fields=((b"content-type", b"application/json"),),
            body=made,
        )

    def _say(self, own: OwnAnswer) -> None:
        if not self._inner.ended:
            self._inner.answer(v1_answers.named(own, self._id))


class GatheredReply(WholeReply):
    """Reads a stream to its end and answers the final response."""

    def __init__(self, inner: Reply, finish: Finish, say: Say = ENGLISH) -> None:
        """`finish` makes the document that the tool gets."""
        super().__init__(inner, lambda body: None, say)
        self._finish = finish

    def _answer_of(self, head: ResponseHead, body: bytes) -> OwnAnswer:
        if head.status >= 400 or not is_event_stream(head):
            return super()._answer_of(head, body)
        gathering = Gathering()
        for event in EventParser().events(body):
            gathering.add(event)
        if gathering.error:
            code, message = text_of_error(gathering.error)
            status = _STATUS_OF_FAILURE.get(code, 502)
            return v1_answers.error(status, code, Sentences(message=message, hint=""))
        if not gathering.response:
            return v1_answers.fault(Fault.CUT, self._tell)
        return json_answer(200, self._finish(gathering.response))


class StreamedReply:
    """Passes events on as they come, each translated; a refusal is answered whole."""

    def __init__(self, inner: Reply, translate: Translate, say: Say = ENGLISH) -> None:
        """`inner` writes to the tool; `say`: the language of our own sentences."""
        self._inner = inner
        self._say = say
        self._translate = translate
        self._parser = EventParser()
        self._whole: WholeReply | None = None

    @property
    def status(self) -> int | None:
        """The status code that the tool got."""
        return self._inner.status

    def begin(self, head: ResponseHead, *, request_id: str) -> None:
        """The head of the back end's answer."""
        if head.status >= 400 or not is_event_stream(head):
            self._whole = WholeReply(self._inner, lambda body: None, self._say)
            self._whole.begin(head, request_id=request_id)
            return
        kept = [line for name, line in head.fields.lowered() if name != b"content-length"]
        streamed = ResponseHead(status=head.status, reason=head.reason, fields=Fields(kept))
        self._inner.begin(streamed, request_id=request_id)

    def flush(self) -> None:
        """Send the head now."""
        if self._whole is None:
            self._inner.flush()

    def write(self, data: bytes, last: bool) -> None:
        """One read's worth."""
        if self._whole is not None:
            self._whole.write(data, last)
            return
        out = b"".join(self._translate(event) for event in self._parser.events(data))
        if out or last:
            self._inner.write(out, last)

    def answer(self, own: OwnAnswer) -> None:
        """An answer of ours, whole."""
        self._inner.answer(own)

    def cut(self) -> None:
        """The back end cut its answer: so is ours."""
        if self._whole is not None:
            self._whole.cut()
        else:
            self._inner.cut()

    def on_full(self, told: Callable[[bool], None] | None) -> None:
        """Whom to tell that the tool takes no more for now."""
        if self._whole is None:
            self._inner.on_full(told)


def refused(head: ResponseHead, body: bytes) -> OwnAnswer:
    """The back end's refusal as every tool reads it: its status, code and sentence."""
    code, message = text_of_error(error_in(body))
    own = v1_answers.error(head.status, code, Sentences(message=message, hint=""))
    after = head.fields.value(b"retry-after")
    fields = (*own.fields, (b"retry-after", after)) if after else own.fields
    return OwnAnswer(status=own.status, reason=own.reason, fields=fields, body=own.body)


def as_it_is(body: bytes) -> bytes | None:
    """A JSON body that needs no change."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return None
    return body
