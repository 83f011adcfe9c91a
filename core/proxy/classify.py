"""What an answer of the back end means for the account that asked: head and first events (pure).

The table is PROTOCOL §5. Bodies are read leniently: a code counts wherever the back end puts it
(`error.type`, `error.code`, `detail.code`), and a body that cannot be read names none.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast

from core.domain.outcome import (
    GONE_CODES,
    Challenged,
    Failing,
    Foreign,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
)
from core.proxy.fields import Fields
from core.proxy.messages import ResponseHead
from core.proxy.sse import Event, document_of, mapping_at, text_at, type_of

_LIMITS = {reason.value: reason for reason in LimitReason}
_OVERLOADED = frozenset({"server_is_overloaded", "slow_down"})
_NO_HEAD = ResponseHead(status=200, reason=b"", fields=Fields())
FOREIGN = "invalid_encrypted_content"
PREAMBLE = frozenset(
    {
        "response.created",
        "response.in_progress",
        "response.queued",
        "response.metadata",
        "codex.rate_limits",
        "codex.response.metadata",
        "keepalive",
    }
)
"""Events that can come before a failure: nothing of the answer is in them."""
TELLS_FAILURE = frozenset({"response.failed", "error"})
"""Events that may say that the account cannot serve."""


def is_event_stream(head: ResponseHead) -> bool:
    """Whether the body is a plain stream of server-sent events."""
    kind = head.fields.value(b"content-type").lower()
    return kind.startswith(b"text/event-stream") and not head.fields.value(b"content-encoding")


def is_html(head: ResponseHead) -> bool:
    """Whether the body is a web page."""
    kind = head.fields.value(b"content-type").lower()
    return kind.startswith((b"text/html", b"application/xhtml"))


def needs_body(head: ResponseHead) -> bool:
    """Whether the body decides what the head means."""
    return head.status >= 400 and not is_html(head)


def of_answer(head: ResponseHead, body: bytes, *, model: str, now: datetime) -> Outcome:
    """What a head means, with as much of the body as was read (`needs_body`).

    `model`: what was asked for; a limit that counts for one model names it.
    """
    status = head.status
    if _is_the_networks_own(head):
        return Challenged()
    if status < 400:
        return Served(status=status)
    error = error_in(body)
    codes = _codes(error)
    if status in (429, 404) and (limited := _limit(codes, error, head, model, now)) is not None:
        return limited
    match status:
        case 400 if FOREIGN in codes:
            return Foreign()
        case 401:
            return Unauthorized(code=codes[0] if codes else "")
        case 402:
            return Gone(status=402, code=codes[0] if codes else "")
        case 403 if any(code in GONE_CODES for code in codes):
            return Gone(status=403, code=next(code for code in codes if code in GONE_CODES))
        case 429:
            reason = LimitReason.RATE_LIMIT
            return Limited(reason=reason, until=_end_of(error, head, now), model=model)
        case 504 | 524:
            return Unanswered(status=status, timed_out=False)
        case _ if status >= 500:
            code = codes[0] if codes else ""
            return Failing(status=status, code=code, retry_after_s=retry_after(head, now))
        case _:
            return Rejected(status=status)


def of_first_event(event: Event, *, model: str, now: datetime) -> Outcome | None:
    """What one of the first events decides; None = nothing yet, look at the next."""
    kind = type_of(event)
    if kind in PREAMBLE:
        return None
    if kind not in TELLS_FAILURE:
        return Served(status=200)
    document = document_of(event)
    error = mapping_at(mapping_at(document, "response"), "error") or mapping_at(document, "error")
    codes = _codes(error or document)
    limited = _limit(codes, error, _NO_HEAD, model, now)
    if limited is not None:
        return limited
    if any(code in _OVERLOADED for code in codes):
        return Failing(status=200, code=codes[0], retry_after_s=_seconds(error))
    return Served(status=200)


def _is_the_networks_own(head: ResponseHead) -> bool:
    """Whether not the back end speaks, but what stands in front of it.

    The CDN's page, a captive portal's, or its redirect, which is never ours to follow; the back
    end's own 403 and 429 are JSON; 511 is only ever said by a network that wants a login of its own
    (RFC 6585 §6).
    """
    status = head.status
    if is_html(head):
        return status in (403, 429, 511) or status < 400
    return status == 511 or (300 <= status < 400 and status != 304)


def retry_after(head: ResponseHead, now: datetime) -> float | None:
    """`Retry-After` in seconds (RFC 9110 §10.2.3: a number, or a date); None when it is silent."""
    text = head.fields.value(b"retry-after").decode("latin-1")
    if not text:
        return None
    try:
        return _sane(float(text))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _sane((moment - now).total_seconds())


def _limit(
    codes: tuple[str, ...],
    error: Mapping[str, object],
    head: ResponseHead,
    model: str,
    now: datetime,
) -> Limited | None:
    reason = next((_LIMITS[code] for code in codes if code in _LIMITS), None)
    if reason is None:
        return None
    # A rate limit is about one model; used-up quota is about all of them, unless the limit that
    # was reached is an extra one (`x-codex-active-limit`, the client's own reading).
    extra = head.fields.value(b"x-codex-active-limit") not in (b"", b"codex")
    about = model if extra or reason is LimitReason.RATE_LIMIT else ""
    return Limited(reason=reason, until=_end_of(error, head, now), model=about)


def _end_of(error: Mapping[str, object], head: ResponseHead, now: datetime) -> datetime | None:
    """When a limit ends: `resets_at`, else `resets_in_seconds`, else `Retry-After`."""
    at = _number(error.get("resets_at"))
    if at is not None:
        try:
            return datetime.fromtimestamp(at, UTC)
        except (OverflowError, ValueError, OSError):
            pass
    seconds = _seconds(error)
    if seconds is None:
        seconds = retry_after(head, now)
    return now + timedelta(seconds=seconds) if seconds is not None else None


def _seconds(error: Mapping[str, object]) -> float | None:
    for key in ("resets_in_seconds", "retry_after", "retry_after_seconds"):
        seconds = _number(error.get(key))
        if seconds is not None and (sane := _sane(seconds)) is not None:
            return sane
    return None


def _sane(seconds: float) -> float | None:
    """A wait that is a wait: not negative, not NaN, not longer than a year and a day."""
    return seconds if 0 <= seconds <= 366 * 86400 else None


def _number(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found)


def error_in(body: bytes) -> Mapping[str, object]:
    """The error object of a refusal's body; empty when it has none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    whole = cast("Mapping[str, object]", document)
    return mapping_at(whole, "error") or mapping_at(whole, "detail") or whole


def _codes(error: Mapping[str, object]) -> tuple[str, ...]:
    """The words that may name what happened, the most telling first."""
    named = (text_at(error, "code"), text_at(error, "type"), text_at(error, "error"))
    return tuple(word for word in named if word)
