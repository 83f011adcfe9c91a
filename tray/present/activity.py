"""The record of requests as a table: what was asked, who served, why, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.charts import compact
from tray.present.names import shown_name
from tray.present.tone import Tone

SHOWN = 200
"""Requests that the page shows; the record holds more."""
NEWEST = 25
"""Requests that are asked for when some have come."""

_SHORT_THREAD = 8
_LONGEST_WHY = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request.

    Attributes:
        id: `req_…`.
        texts: a text for each column.
        tone: of its end.
        words: everything that a search looks through, in lower case.
    """

    id: str
    texts: tuple[str, ...]
    tone: Tone
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one request went where it went.

    Attributes:
        title: what was asked, and when.
        text: the reason, in sentences.
        verdicts: account, whether it might have served, and its sentence.
    """

    title: str
    text: str
    verdicts: tuple[tuple[str, bool, str], ...]


def headers(speech: Speech) -> tuple[str, ...]:
    """What stands above the columns."""
    return (
        speech.say("Time"),
        speech.say("Account"),
        speech.say("Outcome"),
        speech.say("First byte"),
        speech.say("Tokens"),
        speech.say("Model"),
        speech.say("Chat"),
        speech.say("Why"),
    )


def request_rows(log: Answer, *, speech: Speech, now: datetime) -> tuple[RequestRow, ...]:
    """The newest first."""
    rows = (_row(request, speech=speech, now=now) for request in log.parts("requests"))
    return tuple(reversed(tuple(rows)))


def joined(
    known: tuple[RequestRow, ...], newest: tuple[RequestRow, ...]
) -> tuple[RequestRow, ...] | None:
    """The newest rows before those that are known; None: there may be others in between."""
    ids = {row.id for row in known}
    fresh = tuple(row for row in newest if row.id not in ids)
    if known and fresh == newest and newest:
        return None
    return (*fresh, *known)[:SHOWN]


def explanations(why: Answer, *, speech: Speech, now: datetime) -> Mapping[str, Explanation]:
    """By request; a request that is only simulated has no id."""
    return {r.text("id"): _explained(r, speech=speech, now=now) for r in why.parts("requests")}


def outcome(result: str, status: int | None, speech: Speech) -> tuple[str, Tone]:
    """How a request ended, in a word or two."""
    match result:
        case "served":
            return speech.say("served"), Tone.GOOD
        case "moved":
            return speech.say("moved, then served"), Tone.GOOD
        case "refused":
            return speech.say("refused by Turntable"), Tone.WARN
        case "cancelled":
            return speech.say("left by Codex"), Tone.MUTED
        case "failed" if status is not None:
            return speech.say("failed ({status})", status=status), Tone.BAD
        case "failed":
            return speech.say("failed"), Tone.BAD
        case _:
            return shown_name(result), Tone.PLAIN


def _row(request: Answer, *, speech: Speech, now: datetime) -> RequestRow:
    started = request.moment("started_at")
    status = request.number("status")
    said, tone = outcome(request.text("result"), None if status is None else int(status), speech)
    first = request.number("first_byte_s")
    account = request.text("account_label")
    texts = (
        "" if started is None else speech.stamp(started, now),
        shown_name(account) if account else speech.say("nobody"),
        said,
        "" if first is None else speech.say("{seconds} s", seconds=speech.number(first, places=2)),
        _spent(request.part("tokens"), speech),
        shown_name(request.text("model")) if request.text("model") else "",
        request.text("thread")[:_SHORT_THREAD],
        shown_name(request.text("text") or request.text("because"), _LONGEST_WHY),
    )
    words = " ".join((*texts, request.text("id"), request.text("thread"), request.text("kind")))
    return RequestRow(id=request.text("id"), texts=texts, tone=tone, words=words.lower())


def _spent(tokens: Answer, speech: Speech) -> str:
    """Input and output together, as the Usage page counts them; empty where nobody has said."""
    given, made = tokens.number("input"), tokens.number("output")
    return "" if given is None or made is None else compact(given + made, speech=speech)


def _explained(request: Answer, *, speech: Speech, now: datetime) -> Explanation:
    started = request.moment("started_at")
    when = "" if started is None else speech.stamp(started, now)
    simulated = not request.text("id")
    title = (
        speech.say("The next new chat")
        if simulated
        else " · ".join(part for part in (when, request.text("model")) if part)
    )
    return Explanation(
        title=title,
        text=request.text("text"),
        verdicts=tuple(
            (shown_name(v.text("label")), v.flag("eligible"), v.text("text"))
            for v in request.parts("verdicts")
        ),
    )
