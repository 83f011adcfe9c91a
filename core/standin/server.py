"""The stand-in as a whole: a server on loopback, the verbs that script it, and its record."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from core.standin import answers, authorization, catalogue, meters, replies
from core.standin.acts import Streamed
from core.standin.endpoints import Endpoints, Violation
from core.standin.issuer_side import IssuerSide
from core.standin.listener import Listener
from core.standin.outcome import Outcome
from core.standin.people import Login, Person
from core.standin.record import Record
from core.standin.recorded import Recorded
from core.standin.responses import Responses
from core.standin.script import ISSUER_ENDPOINTS, Delay, Effect, Endpoint, Says, Script
from core.standin.socket_paths import SocketPaths
from core.standin.turns import Turn
from core.standin.world import SESSION, WEEK, Account, ResetCredit, World, emptied


class StandIn:
    """A back end of our own.

    ```python
    async with StandIn(now=clock.now) as back_end:
        back_end.add(make_login("A"))
        back_end.limit("A", until=clock.now() + timedelta(hours=2))
        back_end.next("B", Delay(head_s=0.1), Fails("server_is_overloaded"))
    ```

    Attributes:
        world: accounts and time.
        issuer: token families.
        script: what was queued; `next`, `always` and `clear` write it.
        devices: device sign-ins: their interval, their life.
        sockets: WebSocket handshakes: whether they are taken, and compressed.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        keep_requests: int = 10_000,
        websocket: bool = False,
        redirect_ports: Sequence[int] = authorization.REDIRECT_PORTS,
    ) -> None:
        """Starts nothing.

        Args:
            now: aware UTC; `advance` runs ahead of it.
            port: 0 takes a free one.
            tls: serve https with this context.
            keep_requests: how many requests the record holds, the newest.
            websocket: answer handshakes on `responses` with 101 instead of 426.
            redirect_ports: where browsers may be sent on loopback after a sign-in; others than
                the registered ones are for tests that run side by side.
        """
        self.world = World(now)
        self.script = Script()
        self._issuer_side = IssuerSide(
            world=self.world, script=self.script, redirect_ports=redirect_ports
        )
        self.issuer = self._issuer_side.tokens
        self.devices = self._issuer_side.devices
        self.port = port
        models = catalogue.load()
        self.sockets = SocketPaths(world=self.world, catalogue=models, enabled=websocket)
        self._responses = Responses(world=self.world, script=self.script, catalogue=models)
        self._endpoints = Endpoints(
            world=self.world,
            issuer=self.issuer,
            script=self.script,
            catalogue=models,
            responses=self._responses,
            sockets=self.sockets,
            issuer_paths=self._issuer_side.programs,
            pages=self._issuer_side.pages,
        )
        self._record = Record(keep_requests)
        self._listener = Listener(
            now=lambda: self.world.now, decisions=self._endpoints, record=self._record
        )
        self._tls = tls

    # Life

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        self.port = await self._listener.start(self.port, self._tls)
        self._endpoints.own_hosts = frozenset(
            f"{name}:{self.port}".encode() for name in ("127.0.0.1", "localhost")
        )
        self._issuer_side.found_at(self.auth_url)

    def reached_at(self, authority: str) -> None:
        """`host` may say this (`127.0.0.1:80`) too: what listens there passes everything on."""
        self._endpoints.own_hosts |= {authority.encode()}

    async def close(self) -> None:
        """Stop listening and end every connection."""
        await self._listener.close()

    async def __aenter__(self) -> Self:
        """Started."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closed."""
        await self.close()

    @property
    def auth_url(self) -> str:
        """Where the issuer's paths begin; instead of `https://auth.openai.com`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """Instead of `https://chatgpt.com/backend-api`."""
        return f"{self.auth_url}/backend-api"

    # What was seen

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """Every request, oldest first."""
        return self._record.requests

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._listener.connections

    @property
    def violations(self) -> list[Violation]:
        """What no proxy of ours may do; a test ends with `violations == []`."""
        return self._endpoints.violations

    def turns(self, account: str | None = None) -> tuple[Recorded, ...]:
        """What the model was asked, over HTTP and WebSocket, by one account or by all.

        A prewarm asks nothing.
        """
        return tuple(
            one
            for one in self._record.requests
            if one.method in ("POST", "WS")
            and one.generates
            and one.path.endswith("/codex/responses")
            and account in (None, one.account)
        )

    async def until(self, ready: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
        """Wait until `ready()`, asked after whatever happens here. Raises `TimeoutError`."""
        await self._record.until(ready, timeout_s)

    # What shall happen

    def add(self, login: Login, account: Account | None = None) -> Account:
        """Know `login`; its account as given, else as it is known, else with fresh windows."""
        self.issuer.admit(login)
        return self.enrol(login.person, account)

    def enrol(self, person: Person, account: Account | None = None) -> Account:
        """Know `person`, who has not signed in yet and may do so on the pages (`PASSWORD`)."""
        if account is not None or not self.world.knows(person.name):
            self.world.put(account or Account(person=person))
        return self.world.account(person.name)

    def confirm_device(self, user_code: str, name: str) -> None:
        """`name` types the code on the page and says yes. Raises `KeyError` for a wrong one."""
        device = self.devices.typed(user_code)
        if device is None:
            raise KeyError(user_code)
        self.devices.confirm(device, self.world.account(name).person)

    def limit(self, name: str, *, until: datetime, secondary: bool = False) -> None:
        """The first window of `name` (or its second) is used up until `until`."""
        self.use(name, 100.0, resets_at=until, secondary=secondary)

    def use(
        self, name: str, percent: float, *, resets_at: datetime, secondary: bool = False
    ) -> None:
        """The first window of `name` (or its second) stands at `percent`."""
        account = self.world.account(name)
        if secondary:
            window = meters.filled(account.secondary or WEEK, percent, resets_at)
            self.world.put(replace(account, secondary=window))
        else:
            window = meters.filled(account.primary or SESSION, percent, resets_at)
            self.world.put(replace(account, primary=window))

    def unlimit(self, name: str) -> None:
        """Both windows of `name` are empty and have not begun."""
        self.world.put(emptied(self.world.account(name)))

    def grant_reset(self, name: str, *, expires_at: datetime) -> ResetCredit:
        """Give `name` a reset credit."""
        account = self.world.account(name)
        credit = ResetCredit(
            credit_id=f"fake-credit-{name}-{len(account.reset_credits) + 1}",
            granted_at=self.world.now,
            expires_at=expires_at,
        )
        self.world.put(replace(account, reset_credits=(*account.reset_credits, credit)))
        return credit

    def next(
        self, account: str | None, *effects: Effect, on: Endpoint = Endpoint.RESPONSES
    ) -> None:
        """For the next request of `account` (None: of any) that no earlier entry takes.

        Raises `KeyError` for an account that was never added.
        """
        self._known(account)
        self.script.queue(on, account, effects)

    def always(
        self, account: str | None, *effects: Effect, on: Endpoint = Endpoint.RESPONSES
    ) -> None:
        """For every request of `account` (None: of any), until `clear`.

        Raises `KeyError` for an account that was never added.
        """
        self._known(account)
        self.script.stand(on, account, effects)

    def clear(self, account: str | None) -> None:
        """Forget what was said for `account`."""
        self.script.clear(account)

    def say(self, text: str, account: str | None = None) -> None:
        """The next turn says `text`."""
        self.next(account, Says(Turn(text=text)))

    def answer_with(self, answer: answers.Answer) -> None:
        """How unscripted requests are answered from now on (`core.standin.answers`)."""
        self._responses.answer_with = answer

    def play(self, events: Sequence[bytes], *, event_s: float = 0.0) -> None:
        """For load: every turn is these events, `event_s` apart; bodies are not read, windows rest.

        Args:
            events: whole server-sent events (`core.standin.turns.sse`).
            event_s: real seconds before each.
        """
        effects = (Delay(event_s=event_s),) if event_s else ()
        self._responses.recording = Outcome(Streamed(headers=(), events=tuple(events)), effects)

    def deactivate(self, name: str) -> None:
        """The workspace of `name` is gone: 402 on every path."""
        for endpoint in Endpoint:
            if endpoint not in ISSUER_ENDPOINTS:
                self.always(name, replies.deactivated_workspace(), on=endpoint)

    def revoke(self, name: str) -> None:
        """Every login of `name` is revoked: its tokens of both kinds are dead."""
        for family in self.issuer.families_of(name):
            family.revoked = True

    def advance(self, by: timedelta) -> None:
        """Let time pass here: windows reset, tokens expire."""
        self.world.pass_time(by)

    def _known(self, account: str | None) -> None:
        if account is not None:
            self.world.account(account)
