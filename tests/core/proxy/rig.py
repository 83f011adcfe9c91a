"""The proxy between real sockets: a scripted back end behind it, raw bytes in front of it."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.domain import client as domain_client
from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.decision import (
    AccountState,
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
    Verdict,
)
from core.domain.facts import Facts, ThreadId
from core.domain.observed import Lesson, Observed, block_at
from core.domain.rules import Project
from core.domain.settings import Settings, with_value
from core.domain.usage import RequestRecord
from core.domain.workspace_route import UNBOUND, WorkspaceRoute
from core.proxy.answers import Speech
from core.proxy.clients import StaleSecret, ValidSecret, recognise_client
from core.proxy.listener import Limits
from core.proxy.places import Places
from core.proxy.relay import Seams
from core.proxy.routes import Identity
from core.proxy.server import ProxyServer
from core.runtime.projects import Projects
from core.words.answers import ENGLISH, Say
from tests.fakes.clock import FakeClock

SECRET = "fake-bind-secret"
BASE = f"/c/{SECRET}/backend-api/codex"
A, B, C = AccountId("acc_a"), AccountId("acc_b"), AccountId("acc_c")


@dataclass
class Arrived:
    """One request as the back end received it, byte for byte."""

    head: bytes
    body: bytes
    said: bytearray = field(default_factory=bytearray)

    @property
    def lines(self) -> list[bytes]:
        return self.head.split(b"\r\n")[1:-2]

    def value(self, name: bytes) -> bytes | None:
        for line in self.lines:
            key, _, found = line.partition(b": ")
            if key.lower() == name:
                return found
        return None


type Script = Callable[[Arrived, "Wire"], Awaitable[None]]


@dataclass(eq=False)
class Wire:
    """One connection at the back end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    answers: Arrived | None = None

    async def send(self, data: bytes) -> None:
        if self.answers is not None:
            self.answers.said += data[: 4096 - len(self.answers.said)]
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, status: int, body: bytes = b"", *fields: bytes, kind: bytes = b"application/json"
    ) -> None:
        lines = [b"HTTP/1.1 %d Word" % status, b"content-type: " + kind, *fields]
        lines.append(b"content-length: %d" % len(body))
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    async def events(self, *fields: bytes) -> None:
        """The head of an event stream in chunks."""
        lines = [b"HTTP/1.1 200 OK", b"content-type: text/event-stream", *fields]
        lines.append(b"transfer-encoding: chunked")
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n")

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    def cut(self) -> None:
        self.writer.transport.abort()


class BackEnd:
    """A raw HTTP/1.1 server that answers as it is told and keeps what arrived."""

    def __init__(self) -> None:
        self.script: Script = served
        self.arrived: list[Arrived] = []
        self.connections = 0
        self.port = 0
        self.open: set[Wire] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, **tls: object) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, **tls)  # type: ignore[arg-type]
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for wire in list(self.open):
            wire.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire = Wire(reader, writer)
        self.open.add(wire)
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = Arrived(head, b"")
                arrived.body = await reader.readexactly(int(arrived.value(b"content-length") or 0))
                self.arrived.append(arrived)
                wire.answers = arrived
                await self.script(arrived, wire)
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            wire.gone.set()
            self.open.discard(wire)
            self._tasks.discard(task)
            writer.close()


async def served(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(200, b'{"fine":true}')


def grant_of(account: AccountId, generation: int = 1) -> Grant:
    return Grant(
        access_token=f"fake-access-{account}-{generation}",
        workspace=f"ws-{account}",
        fedramp=False,
        expires_at=None,
    )


class Rig:
    """A proxy with accounts A, B and C, tried in this order; keeps what it learned and recorded."""

    def __init__(self, back_end_port: int, clock: FakeClock) -> None:
        self.clock = clock
        self.settings = with_value(
            Settings(), "upstream.base_url", f"http://127.0.0.1:{back_end_port}/backend-api"
        )
        self.accounts: list[AccountId] = [A, B, C]
        self.observed = Observed()
        self.records: list[RequestRecord] = []
        self.begun = 0
        self.grants: dict[AccountId, Grant | None] = {a: grant_of(a) for a in self.accounts}
        self.renewed: list[AccountId] = []
        self.decided: list[Facts] = []
        self.moved_from: AccountId | None = None
        self.routes: dict[AccountId, WorkspaceRoute] = {}
        self.clients: list[domain_client.Client] = []
        self.proxies: dict[str, str] = {}
        self.say: Say = ENGLISH
        self.folders_wanted = False
        self.projects: dict[ThreadId, Project] = {}
        self.recorded = asyncio.Event()
        self.server: ProxyServer
        self.port = 0

    def build(self, limits: Limits | None = None) -> ProxyServer:
        seams = Seams(
            choose=self.choose,
            learn=self.learn,
            record=self.record,
            settings=lambda: self.settings,
            clock=self.clock,
            speech=Speech(label=lambda a: f"Label {a}", at=lambda t: f"{t:%H:%M}", say=self.say),
            new_request_id=self.new_request_id,
            places=Places(
                projects=Projects(self.clock),
                wanted=lambda: self.folders_wanted,
                of_thread=self.projects.get,
            ),
        )
        self.server = ProxyServer(
            seams=seams,
            authorise=self.authorise,
            granted=self.grants.get,
            renew=self.renew,
            route_of=self.route_of,
            known_route=lambda account, grant: self.routes.get(account, UNBOUND),
            valid=self.valid,
            known=lambda token: recognise_client(token, self.clients),
            status=lambda client: {"running": True},
            identity=lambda: Identity(instance="inst", key=b"fake-key", bind="bind-1"),
            limits=limits,
            proxies=lambda: self.proxies,
        )
        return self.server

    async def start(self, limits: Limits | None = None) -> None:
        self.port = await self.build(limits).start(_free_port())

    def new_request_id(self) -> str:
        self.begun += 1
        return f"req_{len(self.decided)}"

    def choose(self, facts: Facts, tried: frozenset[AccountId]) -> Decision:
        self.decided.append(facts)
        verdicts = []
        for account in self.accounts:
            block = block_at(self.observed, account, facts.model, self.clock.now())
            eligible = block is None and account not in self.observed.signed_out
            verdicts.append(
                Verdict(
                    account=account,
                    eligible=eligible,
                    state=AccountState.READY if eligible else AccountState.WAITING,
                    because=Because.READY if block is None else block.because,
                    until=block.until if block is not None else None,
                )
            )
        for verdict in verdicts:
            if verdict.eligible and verdict.account not in tried:
                return Use(
                    account=verdict.account,
                    reason=UseReason.STRATEGY,
                    moved_from=self.moved_from,
                    verdicts=tuple(verdicts),
                )
        ends = [v.until for v in verdicts if v.until is not None]
        limited = any(v.because is Because.USAGE_LIMIT for v in verdicts)
        return Refuse(
            reason=RefuseReason.ALL_WAITING if limited else RefuseReason.ALL_FAILING,
            until=min(ends, default=None) if limited else None,
            account=None,
            verdicts=tuple(verdicts),
        )

    def learn(self, lesson: Lesson) -> None:
        self.observed, _ = lesson(self.observed)

    def record(self, row: RequestRecord) -> None:
        self.records.append(row)
        self.recorded.set()

    async def row(self) -> RequestRecord:
        """The next row, as soon as it is written."""
        await asyncio.wait_for(self.recorded.wait(), 5)
        self.recorded.clear()
        return self.records[-1]

    def forget(self) -> None:
        """Nothing was decided, learned or recorded so far."""
        self.observed = Observed()
        self.begun = 0
        self.records.clear()
        self.decided.clear()
        self.renewed.clear()

    async def authorise(self, account: AccountId) -> Grant | None:
        return self.grants[account]

    async def renew(self, account: AccountId, refused: Grant) -> bool:
        self.renewed.append(account)
        known = self.grants[account]
        return known is not None and known != refused

    async def route_of(self, account: AccountId, grant: Grant) -> WorkspaceRoute:
        return self.routes.get(account, UNBOUND)

    def valid(self, secret: str) -> ValidSecret | StaleSecret | None:
        if secret == SECRET:
            return ValidSecret(bind="bind-1")
        return StaleSecret(bind="bind-1") if secret == "fake-old-secret" else None

    def set(self, key: str, value: float | str) -> None:
        self.settings = with_value(self.settings, key, value)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@dataclass
class Got:
    """An answer as a client reads it."""

    status: int
    head: bytes
    body: bytes
    whole: bool

    def value(self, name: bytes) -> bytes | None:
        return Arrived(self.head, b"").value(name)


class Client:
    """A raw client connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> "Client":
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def ask(
        self, method: str = "POST", path: str = "/responses", body: bytes = b"{}", *fields: str
    ) -> "Got":
        await self.send(request_bytes(method, path, body, *fields))
        return await self.answer(without_body=method == "HEAD")

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def answer(self, *, without_body: bool = False) -> Got:
        head = await self.head()
        status = int(head.split(b" ", 2)[1])
        got = Got(status, head, b"", True)
        if without_body or status in (204, 304):
            return got
        try:
            if got.value(b"transfer-encoding") == b"chunked":
                while size := int(await self.reader.readuntil(b"\r\n"), 16):
                    got.body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readexactly(2)
            elif (length := got.value(b"content-length")) is not None:
                got.body = await self.reader.readexactly(int(length))
            else:
                got.body = await self.reader.read()
        except (asyncio.IncompleteReadError, OSError):
            got.whole = False
        return got

    async def ended(self) -> bytes:
        """What still comes until the server closes."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), 5)
        return b""

    async def chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    def cut(self) -> None:
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def request_bytes(
    method: str = "POST", path: str = "/responses", body: bytes = b"{}", *fields: str
) -> bytes:
    target = path if path.startswith("//") else BASE + path
    lines = [f"{method} {target.removeprefix('/') if path.startswith('//') else target} HTTP/1.1"]
    if not any(field.lower().startswith("host:") for field in fields):
        lines.append("host: 127.0.0.1")
    lines += fields
    if body and not any(f.lower().startswith(("content-length", "transfer-e")) for f in fields):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def until(true: Callable[[], bool]) -> None:
    """Let the loop run until `true`; the test's own timeout bounds it."""
    while not true():  # noqa: ASYNC110 - what is waited for is no event of ours
        await asyncio.sleep(0)
