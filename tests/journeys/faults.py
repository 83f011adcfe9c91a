"""What breaks between here and the back end, and what the real Codex then says: one table.

The journey `test_faults` plays each row; `python -m tests.journeys.faults` writes them into
docs/reference/faults.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.standin import replies
from core.standin.script import Closes, Cut, Effect, Endpoint, Fails, Stall
from core.standin.server import StandIn
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "faults.md"
IMPATIENT = {
    "TURNTABLE_UPSTREAM_HEADER_TIMEOUT_S": "1",
    "TURNTABLE_UPSTREAM_IDLE_TIMEOUT_S": "1",
}
"""Patience that a test can wait for; ten and five and a half minutes by default."""
NOBODY = {"TURNTABLE_UPSTREAM_BASE_URL": "http://127.0.0.1:1/backend-api"}

type Happens = Callable[[StandIn], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong. Two accounts are in the pool.

    Attributes:
        name: as a reader calls it.
        happens: tells the stand-in.
        asked: how many requests for a turn reach the back end.
        says: what Codex prints in the end; empty: the answer comes.
        accepted_and_refused: how many of them were taken and then refused in so many words.
        websocket: Codex speaks WebSocket; else HTTPS.
        env: what the program is started with.
    """

    name: str
    happens: Happens
    asked: int
    says: str = ""
    accepted_and_refused: int = 0
    websocket: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Unique among all of them."""
        return f"{'WebSocket' if self.websocket else 'HTTPS'}: {self.name}"


def once(*effects: Effect) -> Happens:
    """The next turn, whoever asks."""
    return lambda back_end: back_end.next(None, *effects)


def always(*effects: Effect) -> Happens:
    """Every turn."""
    return lambda back_end: back_end.always(None, *effects)


def each_handshake(*effects: Effect) -> Happens:
    """Every WebSocket handshake."""
    return lambda back_end: back_end.always(None, *effects, on=Endpoint.HANDSHAKE)


_NETWORK = "The network in front of the back end turned the request away; no account is at fault."
_SILENT = (
    "The back end took the request and did not answer in time. It may have been counted, so "
    "Turntable did not send it again."
)
_REDIRECT = replies.Reply(status=302, headers=((b"location", b"https://elsewhere.example/login"),))
_RESET_IN_A_CHUNK = Cut(after_events=7, mid_chunk=True, reset=True)
_RESET_IN_A_FRAME = Cut(after_events=3, mid_chunk=True, reset=True)

_OVER_HTTPS = (
    Fault(
        name="nobody listens at the back end's address",
        happens=lambda _: None,
        asked=0,
        says="The back end cannot be reached; nothing was sent.",
        env=NOBODY,
    ),
    Fault(name="cut before the head", happens=once(Cut()), asked=2),
    Fault(name="reset before the head", happens=once(Cut(reset=True)), asked=2),
    Fault(name="cut right after the head", happens=once(Cut(after_events=0)), asked=2),
    Fault(name="cut in the middle of the answer", happens=once(Cut(after_events=7)), asked=2),
    Fault(name="reset inside a chunk", happens=once(_RESET_IN_A_CHUNK), asked=2),
    Fault(
        name="cut in the middle of every answer",
        happens=always(Cut(after_events=7)),
        asked=6,
        says="stream disconnected before completion",
    ),
    Fault(
        name="silence after the request",
        happens=always(Stall()),
        asked=1,
        says=_SILENT,
        env=IMPATIENT,
    ),
    Fault(
        name="silence in the middle of the answer",
        happens=once(Stall(after_events=7)),
        asked=2,
        env=IMPATIENT,
    ),
    Fault(name="500 once", happens=once(replies.server_error(500)), asked=2),
    Fault(
        name="500 from every account",
        happens=always(replies.server_error(500)),
        asked=31,
        says="We’re currently experiencing high demand",
    ),
    Fault(name="503, overloaded, once", happens=once(replies.server_error(503)), asked=2),
    Fault(name="504 once", happens=once(replies.server_error(504)), asked=2),
    Fault(
        name="overloaded, said inside a 200",
        happens=once(Fails("server_is_overloaded")),
        asked=2,
        accepted_and_refused=1,
    ),
    Fault(
        name="a limit, said inside a 200",
        happens=once(Fails("usage_limit_reached")),
        asked=2,
        accepted_and_refused=1,
    ),
    Fault(name="server_error, said inside a 200", happens=once(Fails("server_error")), asked=2),
    Fault(
        name="the CDN wants to see a browser",
        happens=always(replies.cdn_challenge()),
        asked=1,
        says=_NETWORK,
    ),
    Fault(
        name="a captive portal answers",
        happens=always(replies.captive_portal()),
        asked=1,
        says=_NETWORK,
    ),
    Fault(
        name="a redirect to somewhere else",
        happens=always(_REDIRECT),
        asked=1,
        says=_NETWORK,
    ),
    Fault(
        name="401 from every account",
        happens=always(replies.unauthorized()),
        asked=2,
        says="No account is signed in any more.",
    ),
    Fault(
        name="402: every workspace is gone",
        happens=always(replies.deactivated_workspace()),
        asked=2,
        says="Every account was tried, and the back end served none of them.",
    ),
    Fault(
        name="429: no plan includes Codex",
        happens=always(replies.usage_not_included()),
        asked=2,
        says="You’ve hit your usage limit.",
    ),
    Fault(
        name="429: too many requests, from every account",
        happens=always(replies.rate_limit_exceeded(retry_after_s=60)),
        asked=2,
        says="You’ve hit your usage limit. Try again at",
    ),
    Fault(
        name="400: the model is not for this login",
        happens=always(replies.unsupported_model("gpt-6.1-sol")),
        asked=1,
        says="model is not supported when using Codex with a ChatGPT account.",
    ),
)
_OVER_WEBSOCKET = (
    Fault(name="cut before any event", happens=once(Cut(after_events=0)), asked=2),
    Fault(name="cut in the middle of the answer", happens=once(Cut(after_events=7)), asked=2),
    Fault(name="reset inside a frame", happens=once(_RESET_IN_A_FRAME), asked=2),
    Fault(name="closed by 1001", happens=once(Closes(code=1001)), asked=2),
    Fault(name="an hour is over", happens=once(replies.socket_limit()), asked=2),
    Fault(
        name="silence after the request",
        happens=once(Stall(after_events=0)),
        asked=1,
        says=_SILENT,
        env=IMPATIENT,
    ),
    Fault(
        name="silence in the middle of the answer",
        happens=once(Stall(after_events=7)),
        asked=2,
        env=IMPATIENT,
    ),
    Fault(
        name="502 at every handshake",
        happens=each_handshake(replies.server_error(502)),
        asked=1,
    ),
    Fault(
        name="the CDN turns handshakes away",
        happens=each_handshake(replies.cdn_challenge()),
        asked=1,
    ),
    Fault(name="503, overloaded, once", happens=once(replies.server_error(503)), asked=2),
    Fault(
        name="401 from every account",
        happens=always(replies.unauthorized()),
        asked=2,
        says="No account is signed in any more.",
    ),
    Fault(name="server_error, said as an event", happens=once(Fails("server_error")), asked=2),
)

FAULTS = (*_OVER_HTTPS, *(replace(fault, websocket=True) for fault in _OVER_WEBSOCKET))
_HEAD = """\
# What breaks, and what Codex says then

<!-- Made by `python -m tests.journeys.faults`; change the table there, then run it again. -->

Each row is played by the journey `tests/journeys/test_faults.py` with the real Codex, the whole
program and two accounts. *Requests* is how many requests for the turn reach the back end; where the
answer comes after a second one, it was Codex that asked again, or Turntable that asked another
account because the first had refused. In all rows together Turntable itself sends no request twice
that may have been accepted: the stand-in counts. Codex asks thirty times where it is told 500; the
first time every account is asked for it, later only the one that has rested longest, and its own
answer is passed on.

| over | what breaks | Codex prints | requests |
|---|---|---|---|
"""
_TAIL = """
Where the back end's name does not resolve, where nobody answers within `upstream.connect_timeout_s`
and where no TLS is spoken, it is as where nobody listens. A certificate that nobody vouches for and
an egress proxy that cannot be used have sentences of their own, and cost no request either
(`tests/core/proxy/test_faults.py`, `test_tls.py`, `test_egress_proxy.py`). 511 and every redirect
count as the network's own, whatever their page.

## Codex goes away

Played by `tests/journeys/test_leaving.py`: Codex is killed in the middle of an answer, over HTTPS
and over WebSocket. Within a second the back end is hung up on, nobody else is asked, and the row
says *cancelled*. `tests/core/proxy/test_leaving.py` does the same at every other point, from the
handshake to the middle of a chunk.

## The machine sleeps

Played by `tests/journeys/test_sleep.py` and `test_wake.py` (the program is stopped and let go on,
its wall clock nine hours later, which is what sleep is to it): a stream that was under way goes on,
though its patience has run out meanwhile; a request that was out is answered; connections that the
back end closed meanwhile, or that died without a word, are not used. A limit that ended meanwhile
holds nobody back, and a token that ran out is renewed before it is used. Nothing is sent twice. A
clock that is set by nine hours, ahead or back, ends no request either.

## The network goes away

Seen with `python -m tests.bench.link` (Linux; the back end in a network namespace of its own, the
cable between pulled and put back):

| when | what the client gets |
|---|---|
| for 3 s in the middle of a stream | the whole stream, no event lost |
| for good, before a request on a connection that was kept | a cut after 30 s, which Codex asks \
again by itself |
| for good, and no connection is left | 502 after `upstream.connect_timeout_s`: nothing was sent |
| and back | the answer |
"""


def page(faults: Iterable[Fault] = FAULTS) -> str:
    """The table as the page of the reference."""
    rows = (
        f"| {fault.id.partition(':')[0]} | {fault.name} "
        f"| {f'“{fault.says}”' if fault.says else 'the answer'} | {fault.asked} |\n"
        for fault in faults
    )
    return _HEAD + "".join(rows) + _TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
