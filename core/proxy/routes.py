"""What may be asked of us: one table. Decides on the head alone, before a body is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs, unquote_to_bytes

from core.binding.proof import proof
from core.domain.account import AccountId
from core.domain.client import Client
from core.domain.facts import RequestKind
from core.domain.settings import ProxySettings
from core.proxy import v1_answers
from core.proxy.answers import fault_answer, json_answer
from core.proxy.clients import StaleSecret, ValidSecret, token_in
from core.proxy.listener import Admitted
from core.proxy.messages import OwnAnswer, RequestHead, wants_websocket
from core.proxy.v1 import PATHS, Form
from core.words.answers import ENGLISH, Fault, Say

BOUND = re.compile(rb"/c/([^/?]*)/backend-api/codex(?=[/?]|$)")
"""The address that a bound Codex calls; its secret stands in the path."""

_OPEN = re.compile(rb"/(?:v1|status)(?=[/?]|$)")
"""What other tools call; their token stands in a field."""
_LOOPBACK_HOST = re.compile(rb"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.I)
_DOT_SEGMENT = re.compile(rb"(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\?#]|%2f|%5c|$)", re.I)
_SLASHES = re.compile(rb"/{2,}")
_TARGET = re.compile(rb"/[\x21-\x7e]*")
_LONGEST_NONCE = 256
_PATHS_KNOWN = 64
"""Whose passages are made once: Codex posts to a handful, again and again."""
_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
"""What is passed on. TRACE is not: its answer would show the account's token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAsks:
    """Another tool than Codex, and what it asks on `/v1`."""

    client: Client
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A request that goes on to the back end.

    Attributes:
        kind: what it asks for.
        path: below the back end's base address, with its query.
        only: the one account that may serve it; None: any.
        websocket: it is the handshake of a WebSocket.
        tool: which other tool asks, and in which form; None: Codex.
    """

    kind: RequestKind
    path: bytes
    only: AccountId | None = None
    websocket: bool = False
    tool: ToolAsks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """With what `/health` proves that it is ours.

    Attributes:
        instance: names this run.
        key: per-instance health key, worthless elsewhere.
        bind: the bind's id; empty while nothing is bound.
    """

    instance: str
    key: bytes = field(repr=False)
    bind: str


type Valid = Callable[[str], ValidSecret | StaleSecret | None]
type Status = Callable[[Client], object]
"""What a tool is told of how the accounts stand that may serve it."""
type Known = Callable[[str], Client | None]
"""Whose token this is; None = nobody's."""


class Routes:
    """The gate of the listener: every head passes here."""

    def __init__(
        self,
        *,
        valid: Valid,
        known: Known,
        status: Status,
        identity: Callable[[], Identity],
        settings: Callable[[], ProxySettings],
        folders_wanted: Callable[[], bool],
        say: Say = ENGLISH,
    ) -> None:
        """`say`: the language in which a caller is turned away."""
        self._valid = valid
        self._known = known
        self._status = status
        self._identity = identity
        self._settings = settings
        self._folders_wanted = folders_wanted
        self._posted: dict[tuple[bytes, AccountId | None], Passage] = {}
        self._bound_fault = partial(fault_answer, say=say)
        self._open_fault = partial(v1_answers.fault, say=say)

    def gate(self, head: RequestHead, port: int) -> Admitted[Passage] | OwnAnswer:
        """Whether a head that came to `port` may go on, and as what."""
        settings = self._settings()
        fault = caller_fault(head, settings.origins)
        open_ = _OPEN.match(head.target)
        if fault is not None:
            return self._open_fault(fault) if open_ is not None else self._bound_fault(fault)
        if open_ is not None:
            return self._tool(head, open_, settings.max_body)
        bound = BOUND.match(head.target)
        if bound is not None:
            found = self._bound(head, bound)
            if isinstance(found, Fault):
                return self._bound_fault(found)
            passage, own_user = found
            return Admitted(
                route=passage,
                largest_body=settings.max_body,
                own_user=own_user,
                says=self._bound_fault,
            )
        path, _, query = head.target.partition(b"?")
        if path == b"/health":
            return self._health(head.method, query, port)
        return self._bound_fault(Fault.NOT_FOUND)

    def _bound(self, head: RequestHead, bound: re.Match[bytes]) -> tuple[Passage, bool] | Fault:
        """What goes on, and whether only our own user may ask for it."""
        match self._valid(bound[1].decode("latin-1")):
            case ValidSecret(only=only, own_user=own_user):
                pass
            case StaleSecret():
                return Fault.STALE_SECRET
            case None:
                return Fault.UNKNOWN_SECRET
        rest = head.target[bound.end() :]
        if head.method == b"POST" and (known := self._posted.get((rest, only))) is not None:
            return known, own_user
        if head.method not in _METHODS:
            return Fault.BAD_METHOD
        if _DOT_SEGMENT.search(rest.partition(b"?")[0]):
            return Fault.BAD_PATH
        websocket = wants_websocket(head)
        if websocket and not self._may_be_websocket(rest):
            return Fault.NO_WEBSOCKET
        passage = Passage(
            kind=_kind(head.method, rest), path=b"/codex" + rest, only=only, websocket=websocket
        )
        if head.method == b"POST" and len(self._posted) < _PATHS_KNOWN:
            self._posted[rest, only] = passage
        return passage, own_user

    def _tool(
        self, head: RequestHead, open_: re.Match[bytes], largest_body: int
    ) -> Admitted[Passage] | OwnAnswer:
        """What another tool asks, where its token is known."""
        client = self._known(token_in(head.fields))
        if client is None:
            return self._open_fault(Fault.UNAUTHORIZED)
        path, _, query = head.target[open_.end() :].partition(b"?")
        if open_[0] == b"/status":
            return self._tool_status(head.method, path, client)
        if head.method not in _METHODS:
            return self._open_fault(Fault.BAD_METHOD)
        if _DOT_SEGMENT.search(path):
            return self._open_fault(Fault.BAD_PATH)
        if wants_websocket(head):
            return self._open_fault(Fault.NO_WEBSOCKET)
        plain = _plain(path)
        if (found := PATHS.get((head.method, plain))) is None:
            if any(plain == known for _, known in PATHS):
                return self._open_fault(Fault.BAD_METHOD)
            below = b"/codex" + path + (b"?" + query if query else b"")
            found = Form.PASSED, RequestKind.OTHER, below
        form, kind, below = found
        passage = Passage(kind=kind, path=below, tool=ToolAsks(client=client, form=form))
        return Admitted(route=passage, largest_body=largest_body, says=self._open_fault)

    def _tool_status(self, method: bytes, rest: bytes, client: Client) -> OwnAnswer:
        if rest:
            return self._open_fault(Fault.NOT_FOUND)
        if method not in (b"GET", b"HEAD"):
            return self._open_fault(Fault.BAD_METHOD)
        return json_answer(200, self._status(client))

    def _may_be_websocket(self, rest: bytes) -> bool:
        """Nothing but turns is asked over a WebSocket, and only where the user lets it.

        A handshake names no folder: while one has to be known, everybody speaks HTTP.
        """
        asked = rest.partition(b"?")[0] == b"/responses"
        return asked and self._settings().websocket == "auto" and not self._folders_wanted()

    def _health(self, method: bytes, query: bytes, port: int) -> OwnAnswer:
        if method not in (b"GET", b"HEAD"):
            return self._bound_fault(Fault.BAD_METHOD)
        document = {"status": "ok", "name": "turntable"}
        nonce = parse_qs(query.decode("latin-1")).get("nonce", [""])[0]
        if 0 < len(nonce) <= _LONGEST_NONCE:
            identity = self._identity()
            document["instance"] = identity.instance
            document["proof"] = proof(identity.key, nonce=nonce, port=port, bind=identity.bind)
        return json_answer(200, document)


def caller_fault(head: RequestHead, origins: tuple[str, ...]) -> Fault | None:
    """Who calls by a foreign name (DNS rebinding) or from a web page is refused."""
    hosts = head.fields.values(b"host")
    if not _TARGET.fullmatch(head.target):
        return Fault.BAD_PATH  # absolute-form, `*`, or a byte that has no place in a target
    if len(hosts) != 1 or not _LOOPBACK_HOST.fullmatch(hosts[0]):
        return Fault.FOREIGN_HOST
    if b"origin" not in head.fields and b"sec-fetch-site" not in head.fields:
        return None
    came_from = head.fields.values(b"origin")
    if came_from and not all(origin.decode("latin-1") in origins for origin in came_from):
        return Fault.BROWSER
    sites = head.fields.values(b"sec-fetch-site")
    if not came_from and any(site != b"none" for site in sites):
        return Fault.BROWSER
    return None


def _kind(method: bytes, rest: bytes) -> RequestKind:
    path = rest.partition(b"?")[0]
    return _KINDS.get((method, _plain(path)), RequestKind.OTHER)


def _plain(path: bytes) -> bytes:
    """The path as a lenient back end may read it: however it is written, a turn counts as one."""
    return _SLASHES.sub(b"/", unquote_to_bytes(path)).rstrip(b"/")


_KINDS = {
    (b"POST", b"/responses"): RequestKind.RESPONSES,
    (b"POST", b"/responses/compact"): RequestKind.RESPONSES,
    (b"GET", b"/models"): RequestKind.MODELS,
}
