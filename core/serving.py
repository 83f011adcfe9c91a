"""The proxy and what goes with it while a program serves: choosing, authorising, sweeping."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from core.accounts.changes import forget_removed
from core.accounts.workspace_routes import WorkspaceRoutes
from core.asking import Asking
from core.authorising import authoriser_of, usage_monitor
from core.binding.leases import Leases, LeaseSecret
from core.binding.run_once import RunSecret
from core.budgeting import Budgeting
from core.domain.account import AccountId
from core.domain.choices import ask_about, forget_old_threads, learn_choice, learn_turn, settled
from core.domain.client import Client
from core.domain.decision import (
    Decision,
    Refuse,
    RefuseReason,
    Turn,
    Use,
    UseReason,
    Wait,
    WaitReason,
)
from core.domain.errors import CoreError
from core.domain.events import AccountChanged, BudgetsChanged, Event, QuotaLearned, RequestEnded
from core.domain.facts import Facts, ThreadId
from core.domain.observed import Lesson
from core.domain.quota import Quota, changed_points
from core.domain.report import ProxyReport
from core.domain.rules import Project
from core.domain.settings import RoutingSettings, Settings
from core.domain.state import Rotation, RotationMode, State
from core.domain.usage import RequestRecord
from core.oauth.upkeep import look_after
from core.proxy import answers
from core.proxy.clients import (
    KnownSecret,
    StaleSecret,
    ValidSecret,
    recognise,
    recognise_client,
)
from core.proxy.places import Places
from core.proxy.relay import Seams
from core.proxy.routes import Identity
from core.proxy.server import ProxyServer
from core.reports import Engine
from core.routing.select import Chances, select
from core.runtime.bus import Bus
from core.runtime.clock import Clock
from core.runtime.projects import Projects
from core.runtime.tasks import Tasks
from core.spending import Spending
from core.storage.backup_keeper import BackupKeeper
from core.storage.data_folder import DataFolder
from core.storage.prices_file import read_prices
from core.storage.vault import KEEP_REMOVED
from core.summing_up import SummingUp
from core.tool_status import tool_status
from core.words.speech import Speech

_log = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(hours=6)
"""How often what is too old is dropped."""
HAND_OVER_S = 3.0
"""How long a guard may take to let go of the port that open chats still call."""
DRAIN_S = 2.0
"""How long answers may take to finish when the program stops."""


class Serving:
    """From `start` to `stop`: requests come in, are decided on, sent, and written down."""

    def __init__(
        self,
        *,
        folder: DataFolder,
        leases: Leases,
        settings: Callable[[], Settings],
        environment: Mapping[str, str],
        clock: Clock,
        speech: Speech,
        bus: Bus,
        mode: str,
        pid: int,
        draw: Callable[[], float],
    ) -> None:
        """Starts nothing.

        Args:
            folder: the owned data folder.
            leases: who may call.
            settings: the settings as they count now.
            environment: finds and starts Codex, where a login of its must be renewed.
            clock: the time.
            speech: what our own answers say times in.
            bus: hears when a request has ended.
            mode: `tray` or `serve`.
            pid: this process.
            draw: a number from 0 up to 1, for pauses.
        """
        self._folder = folder
        self._leases = leases
        self._settings = settings
        self._clock = clock
        self._speech = speech
        self._bus = bus
        self._mode = mode
        self._pid = pid
        self._draw = draw
        self._instance = secrets.token_hex(8)
        self._health_key = secrets.token_bytes(32)
        self._started = clock.monotonic()
        self._last_request = clock.monotonic()
        self._tasks = Tasks("serving")
        self._noted = dict(folder.store.observed.quotas)
        self._bound: tuple[tuple[LeaseSecret, ...], tuple[KnownSecret, ...]] | None = None
        self._unasked: tuple[RoutingSettings, RoutingSettings] | None = None
        self._spending = Spending(learn=self._learn, clock=clock)
        self._deaf: Callable[[], None] = lambda: None
        asking = Asking(settings=settings)  # one for all: authorities weigh a megabyte
        self.authoriser = authoriser_of(
            folder, environment=environment, asking=asking, clock=clock, draw=draw
        )
        self.monitor = usage_monitor(
            folder=folder, authoriser=self.authoriser, asking=asking, clock=clock, draw=draw
        )
        self._keeper = BackupKeeper(
            folder.backups, store=folder.store, vault=folder.vault, clock=clock
        )
        self.budgeting = Budgeting(
            store=folder.store,
            ledger=folder.ledger,
            clock=clock,
            zone=speech.zone,
            prices=read_prices,
        )
        self._summing = SummingUp(self.budgeting.sum_up, speech=speech)
        routes = WorkspaceRoutes(connect=asking.connect, base_url=asking.base_url, clock=clock)
        self.server = ProxyServer(
            seams=self._seams(),
            authorise=self.authoriser.authorise,
            granted=self.authoriser.granted,
            renew=self.authoriser.renew,
            route_of=routes.of,
            known_route=routes.known,
            valid=self._valid,
            known=lambda token: recognise_client(token, folder.store.state.clients.values()),
            status=self._tool_status,
            identity=self.identity,
        )

    async def start(self) -> int:
        """Listen; on the port of a lease first, because open chats still call there. The port.

        Raises:
            CoreError: no port can be had.
        """
        await self._summing.attempt()
        last = self._leases.last_port
        port = await self.server.start(
            last or self._settings().proxy.port, patience_s=HAND_OVER_S if last else 0.0
        )
        self._leases.lost_port = None if last in (None, port) else last
        self._tasks.start(
            look_after(self.authoriser, proactive=lambda: self._settings().tokens.proactive),
            name="look after logins",
        )
        self._tasks.start(self._summing.run(), name="sum up budgets")
        self._tasks.start(self._sweep(), name="sweep")
        self._tasks.start(self.monitor.run(), name="quota monitor")
        self._tasks.start(self._keeper.run(), name="backups")
        self._deaf = self._bus.listen(self._hear)
        return port

    async def stop(self, waits: Callable[[], None]) -> None:
        """Take no new request, let answers finish for a moment, end everything.

        `waits` is told when that may take longer: a renewal was sent and is not answered yet.
        """
        self._deaf()
        await self._tasks.close()
        await self.monitor.close()
        if self.authoriser.presented:
            waits()
        await self.server.drain(grace_s=DRAIN_S)
        self._spending.learn()
        await self.authoriser.close(waits=waits)

    def quiet_for(self) -> timedelta:
        """How long no request has been under way, and no Codex that was started for one run."""
        if self.server.traffic.requests or self._leases.runs.any_lives():
            return timedelta(0)
        return timedelta(seconds=self._clock.monotonic() - self._last_request)

    def on_show(self, engine: Engine, state: State) -> Engine:
        """The snapshot's part that only a serving process knows."""
        traffic = self.server.traffic
        return replace(
            engine,
            mode=self._mode,
            pid=self._pid,
            proxy=ProxyReport(
                listening=True,
                address=f"127.0.0.1:{self.server.port}",
                in_flight=traffic.requests,
                streams=traffic.streams,
                websockets=traffic.websockets,
                uptime_s=round(self._clock.monotonic() - self._started, 1),
            ),
            in_flight={account: traffic.in_flight(account) for account in state.accounts},
            notices=(*engine.notices, *self._summing.notices()),
        )

    def choose(self, facts: Facts, tried: frozenset[AccountId]) -> Decision:
        """Who serves, as of now."""
        if self._folder.vault.locked:
            return Refuse(reason=RefuseReason.LOCKED, until=None, account=None, verdicts=())
        state = self._folder.store.state
        if facts.only is not None:
            # Whoever started this Codex stays on one account, whatever the others do.
            forced = Rotation(mode=RotationMode.STAY, account=facts.only)
            state = replace(state, rotation=forced)
        decision = select(
            state=state,
            observed=self._folder.store.observed,
            facts=facts,
            tried=tried,
            chances=Chances(settings=self._routing(), now=self._clock.now(), draw=self._draw()),
        )
        self._remember(decision, facts)
        return decision

    def _routing(self) -> RoutingSettings:
        """The settings; where nobody can be asked, a thread moves without asking."""
        routing = self._settings().routing
        if self._mode != "serve" or routing.continuity != "ask":
            return routing
        if self._unasked is None or self._unasked[0] is not routing:
            self._unasked = routing, replace(routing, continuity="move")
        return self._unasked[1]

    def _remember(self, decision: Decision, facts: Facts) -> None:
        """What a decision wants remembered: a choice by weight, a question to the user."""
        thread = facts.thread
        match decision:
            case Use(shares=shares):
                if decision.among and decision.reason is UseReason.STRATEGY:
                    turn = Turn(newest=decision.account, shares=shares)
                    self._learn(learn_turn(decision.among, turn))
                elif shares is not None:
                    self._learn(learn_choice(shares))
                if thread is not None and thread in self._folder.store.observed.asked:
                    self._learn(settled(thread))
            case Wait(reason=WaitReason.ASKED, account=account, verdicts=verdicts):
                back_at = next((v.until for v in verdicts if v.account == account), None)
                if thread is not None and account is not None and back_at is not None:
                    moves_at, now = decision.until, self._clock.now()
                    self._learn(
                        ask_about(thread, account, until=back_at, moves_at=moves_at, now=now)
                    )
            case _:
                pass

    def _seams(self) -> Seams:
        return Seams(
            choose=self.choose,
            learn=self._learn,
            record=self._record,
            settings=self._settings,
            clock=self._clock,
            speech=answers.Speech(
                label=self._label,
                at=lambda when: self._speech.clock(when, self._clock.now()),
                say=self._speech.say,
            ),
            new_request_id=lambda: f"req_{secrets.token_hex(10)}",
            places=Places(
                projects=Projects(self._clock),
                wanted=lambda: self._folder.store.state.names_folders,
                models_wanted=lambda: self._folder.store.state.rules.name_models,
                of_thread=self._project_of,
            ),
            sent=self.budgeting.sent,
        )

    def _project_of(self, thread: ThreadId) -> Project | None:
        owner = self._folder.store.observed.owners.get(thread)
        return None if owner is None else owner.project

    def _hear(self, event: Event) -> None:
        """A new account is asked about and backed up; changed numbers go into the history."""
        match event:
            case AccountChanged():
                self.monitor.wake()
                self._keeper.wake()
            case QuotaLearned(account=account):
                self._note_quota(account)
            case BudgetsChanged():
                self._summing.wake()
            case _:
                pass

    def _note_quota(self, account: AccountId) -> None:
        quota = self._folder.store.observed.quotas.get(account, Quota())
        points = changed_points(account, self._noted.get(account, Quota()), quota)
        if points:
            self._noted[account] = quota
            self._folder.ledger.note_quota(points)

    def _learn(self, lesson: Lesson) -> None:
        self._folder.store.learn(lesson)

    def _record(self, record: RequestRecord) -> None:
        self._last_request = self._clock.monotonic()
        self._folder.ledger.append(record)
        self.budgeting.ended(record)
        if record.account is not None and record.tokens is not None:
            tokens = record.tokens.input + record.tokens.output
            self._spending.spent(record.account, tokens)
        self._bus.publish(
            RequestEnded(request=record.id, account=record.account, result=record.result)
        )

    def _label(self, account: AccountId) -> str:
        known = self._folder.store.state.accounts.get(account)
        return str(account) if known is None else known.label

    def _valid(self, presented: str) -> ValidSecret | StaleSecret | None:
        runs = self._leases.runs
        of_runs = runs.secrets
        known = (*self._of_binds(), *map(_of_run, of_runs)) if of_runs else self._of_binds()
        found = recognise(presented, known, now=self._clock.now())
        if found is None or not of_runs:
            return found
        ended = any(known.run == found.bind and not runs.lives(known.run) for known in of_runs)
        return None if ended else found

    def _of_binds(self) -> tuple[KnownSecret, ...]:
        """The secrets of the leases; made anew when those are."""
        leases = self._leases.secrets
        if self._bound is None or self._bound[0] is not leases:
            self._bound = leases, tuple(map(_of_lease, leases))
        return self._bound[1]

    def _tool_status(self, client: Client) -> object:
        routing, now = self._settings().routing, self._clock.now()
        return tool_status(
            self._folder,
            self.on_show,
            pool=client.pool,
            routing=routing,
            now=now,
            speech=self._speech,
        )

    def identity(self) -> Identity:
        """What the listener proves itself with: this run's key, and the bind it serves."""
        bound = [lease.bind_id for lease in self._leases.secrets if lease.stale_until is None]
        return Identity(
            instance=self._instance, key=self._health_key, bind=bound[0] if bound else ""
        )

    async def _sweep(self) -> None:
        while True:
            try:
                await self._sweep_once()
            except CoreError as error:  # the next one finds what this one left
                _log.warning("what is too old could not be dropped: %s", error)
            await asyncio.sleep(SWEEP_EVERY.total_seconds())

    async def _sweep_once(self) -> None:
        settings, now = self._settings(), self._clock.now()
        affinity = timedelta(seconds=settings.routing.affinity_ttl_s)
        self._learn(forget_old_threads(now=now, affinity=affinity))
        await self._folder.vault.sweep()
        await self._folder.store.change(forget_removed(now - KEEP_REMOVED))
        await self._folder.ledger.prune(now - timedelta(days=settings.usage.keep_days))


def _of_lease(lease: LeaseSecret) -> KnownSecret:
    return KnownSecret(secret=lease.secret.value, bind=lease.bind_id, stale_until=lease.stale_until)


def _of_run(run: RunSecret) -> KnownSecret:
    return KnownSecret(secret=run.secret.value, bind=run.run, only=run.only, own_user=True)
