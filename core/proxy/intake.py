"""A client's bytes into whole requests (RFC 9112), bounded in every direction.

httptools reads; what is not exactly HTTP/1.1 is a fault, so that nobody behind us can read it
differently. One request at a time: bytes that come before `ready` are noted and thrown away.
"""

import logging
from collections.abc import Callable

import httptools

from core.proxy.fields import Fields
from core.proxy.messages import Request, RequestHead
from core.words.answers import Fault

_log = logging.getLogger(__name__)

type OnHead = Callable[[RequestHead], int | None]
"""A head is complete: how large its body may be; None = it was answered on the spot."""
type OnBody = Callable[[int], bool]
"""So many bytes more are held; False when there is no room for them."""
type OnRequest = Callable[[Request], None]
type OnFault = Callable[[Fault], None]


class Intake:
    """Reads one client's requests and tells its four listeners.

    Attributes:
        pipelined: bytes came while a request was under way; they are lost.
        begun: the first byte of a head has come.
        body_size: bytes of the body that are held.
    """

    def __init__(
        self,
        *,
        largest_head: int,
        on_head: OnHead,
        on_body: OnBody,
        on_request: OnRequest,
        on_fault: OnFault,
    ) -> None:
        self._largest_head = largest_head
        self._on_head = on_head
        self._on_body = on_body
        self._on_request = on_request
        self._on_fault = on_fault
        # None: it takes no more. The parser knows us, so that we let go of it: a circle would keep
        # both until somebody looked for garbage.
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._whole = False
        self.pipelined = False
        self.ready()

    def ready(self) -> None:
        """The last request is answered: the next may come."""
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._head: RequestHead | None = None
        self._largest_body: int | None = None
        self._parts: list[bytes] = []
        self._whole = False
        self.body_size = 0
        self.begun = False

    def stop(self) -> int:
        """Take no more; returns how much of a body was held and is now let go."""
        self._parser = None
        size, self.body_size, self._parts = self.body_size, 0, []
        return size

    def feed(self, data: bytes) -> None:
        """Bytes from the client."""
        parser = self._parser
        if parser is None:
            return
        if self._whole:
            self.pipelined = True
            return
        if self._head is None:
            self.begun = True
            self._head_size += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._parser is None:
                return
            # An upgrade that we do not do is ignored (RFC 9110 §7.8): HTTP goes on after it.
            self._parser = httptools.HttpRequestParser(self)
            if rest := data[int(upgrade.args[0]) :]:
                self.feed(rest)
            return
        except httptools.HttpParserCallbackError:
            _log.exception("a request could not be read")
            self._fault(Fault.NOT_HTTP)
        except httptools.HttpParserError:
            self._unreadable()
        if self._head is None and self._head_size > self._largest_head:
            self._fault(Fault.HEAD_TOO_LARGE)

    # -- called by the parser

    def on_message_begin(self) -> None:
        """A head begins; while another request is under way, that is one too early."""
        if self._whole:
            self.pipelined = True

    def on_url(self, target: bytes) -> None:
        """A stretch of the target."""
        if self._head is None:
            self._target += target

    def on_header(self, name: bytes, found: bytes) -> None:
        """A field line; trailers are dropped."""
        if self._head is None:
            self._fields.append((name, found))

    def on_headers_complete(self) -> None:
        """The head is complete: it is decided on before the body comes."""
        parser = self._parser
        if parser is None or self._head is not None:
            return
        self._head = head = RequestHead(
            method=parser.get_method(),
            target=self._target,
            fields=Fields(self._fields),
            http11=parser.get_http_version() == "1.1",
        )
        fault = self._fault_of(head)
        if fault is not None:
            self._fault(fault)
            return
        largest = self._on_head(head)
        if largest is not None and self._parser is not None:
            length = head.fields.value(b"content-length")
            if length and int(length) > largest:
                self._fault(Fault.BODY_TOO_LARGE)
            self._largest_body = largest

    def on_body(self, data: bytes) -> None:
        """A stretch of the body."""
        if self._parser is None or self._whole or self._largest_body is None:
            return
        if self.body_size + len(data) > self._largest_body:
            self._fault(Fault.BODY_TOO_LARGE)
        elif not self._on_body(len(data)):
            self._fault(Fault.TOO_MUCH_AT_ONCE)
        else:
            self.body_size += len(data)
            self._parts.append(data)

    def on_message_complete(self) -> None:
        """The request is whole: hand it on."""
        if self._parser is None or self._whole:
            return
        if self._head is None or self._largest_body is None:
            return
        self._whole = True
        parts, self._parts, self.body_size = self._parts, [], 0
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._on_request(Request(head=self._head, body=body))

    # -- inside

    def _unreadable(self) -> None:
        """No HTTP; behind a good request in the same read, that one is answered and no other."""
        if self._whole:
            self.pipelined = True
        else:
            self._fault(Fault.NOT_HTTP)

    def _fault_of(self, head: RequestHead) -> Fault | None:
        if self._head_size > self._largest_head:  # or a body came with it: count for sure
            size = sum(len(name) + len(found) + 4 for name, found in head.fields)
            if size + len(head.target) > self._largest_head:
                return Fault.HEAD_TOO_LARGE
        coding = head.fields.values(b"transfer-encoding")
        if coding and (coding != [b"chunked"] or not head.http11):
            return Fault.NOT_HTTP
        return None

    def _fault(self, fault: Fault) -> None:
        if self._parser is not None:
            self._on_fault(fault)
