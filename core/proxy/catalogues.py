"""The lists of models that accounts were given, kept for a while.

Codex asks for its list at every start, and again whenever an answer's `x-models-etag` is not the
one that it knows. Accounts have lists of their own, so that a pool makes it ask often: what an
account was told a moment ago is told again, word for word. A list is never made of several; what
Codex gets is the official one of the account that serves it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.proxy.deadline import Deadline
from core.proxy.fields import Fields
from core.proxy.incoming import Incoming, Sink
from core.proxy.messages import Request, ResponseHead

KEPT_FOR = timedelta(minutes=5)
"""As long as Codex itself believes a list that it has."""
MOST = 64
LARGEST = 1024 * 1024
"""A list of models has some hundred kilobytes."""
ETAG_TOLD = b"x-models-etag"
_SAID_AGAIN = frozenset({b"content-type", b"content-encoding", b"etag", b"cache-control", b"vary"})
"""Fields that are true of a list whenever it is told; limits and dates are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """What a list depends on; the client's version is in the path's query."""

    account: AccountId
    path: bytes
    encodings: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    head: ResponseHead
    body: bytes
    at: datetime

    @property
    def etag(self) -> bytes:
        return self.head.fields.value(b"etag")


class Catalogues:
    """Remembers lists of models, the newest first; all together at most `MOST`."""

    def __init__(self) -> None:
        """None is known."""
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def again(
        self, account: AccountId, request: Request, path: bytes, *, now: datetime
    ) -> Incoming | None:
        """The answer that this account got before; None where it must be asked.

        A client that has this very list is told so (304, RFC 9110 §13.1.2).
        """
        key = _key(account, request, path)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not timedelta(0) <= now - kept.at < KEPT_FOR:
            del self._kept[key]
            return None
        known = request.head.fields.value(b"if-none-match")
        if kept.etag and kept.etag in (tag.strip() for tag in known.split(b",")):
            return _replayed(ResponseHead(status=304, reason=b"", fields=kept.head.fields), b"")
        return _replayed(kept.head, kept.body)

    def keeping(
        self,
        sink: Sink,
        account: AccountId,
        request: Request,
        path: bytes,
        *,
        head: ResponseHead,
        now: datetime,
    ) -> Sink:
        """A sink that passes a list on and keeps it, when it is whole and no larger than it may."""
        if head.status != 200 or _announced(head) > LARGEST:
            return sink
        fields = Fields(line for name, line in head.fields.lowered() if name in _SAID_AGAIN)
        plain = ResponseHead(status=head.status, reason=head.reason, fields=fields)
        parts: list[bytes] = []
        size = 0

        def keep(data: bytes, last: bool) -> None:
            nonlocal size
            sink(data, last)
            size += len(data)
            if size > LARGEST:
                parts.clear()
                return
            parts.append(data)
            if last:
                kept = _Kept(head=plain, body=b"".join(parts), at=now)
                self._kept[_key(account, request, path)] = kept
                if len(self._kept) > MOST:
                    self._kept.popitem(last=False)

        return keep

    def told(self, account: AccountId, etag: bytes) -> None:
        """An answer has named the account's list: another that is kept counts no more."""
        stale = [k for k, v in self._kept.items() if k.account == account and v.etag != etag]
        for key in stale:
            del self._kept[key]


def _announced(head: ResponseHead) -> int:
    """How long the body says it is; 0 where it does not, or not in figures."""
    length = head.fields.value(b"content-length")
    return int(length) if length.isdigit() else 0


def _key(account: AccountId, request: Request, path: bytes) -> _Key:
    encodings = request.head.fields.value(b"accept-encoding")
    return _Key(account=account, path=path, encodings=encodings)


def _replayed(head: ResponseHead, body: bytes) -> Incoming:
    """An answer that has come already."""
    incoming = Incoming(None, Deadline(_never))
    incoming.head = head
    incoming.came(body, True)
    return incoming


def _never() -> None:
    """What is here already is not waited for."""
