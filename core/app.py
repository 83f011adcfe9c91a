"""Builds the parts, starts and stops them in order. It has no verbs of its own.

One `App` is one process's work in one data folder. It reads (`read`), owns it for one write
(`hold`), or owns it and serves (`serve`). Parts get what they need as arguments; nothing is global.
"""

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from core.binding.binder import Binder
from core.binding.guarding import Guarding
from core.binding.leases import Leases
from core.binding.run_once import Runs
from core.codex_home.find import home_in_force
from core.domain.account import AccountId
from core.domain.binding import (
    BindPlan,
    BindReceipt,
    BindState,
    BindStatus,
    UnbindReceipt,
    UndoResult,
)
from core.domain.errors import CoreError, ExitCode
from core.domain.events import BindChanged, EngineStopping, RenewalAwaited
from core.domain.observed import Observed
from core.domain.report import StatusReport
from core.domain.settings import Settings
from core.domain.state import State
from core.domain.usage import RequestRecord
from core.joining import Joining
from core.runtime.bus import Bus
from core.runtime.clock import Clock
from core.runtime.paths import Home
from core.startup.system import start_up
from core.storage.ledger import newest, read_ledger
from core.storage.settings_file import Configuration, read_configuration
from core.storage.store import read_store
from core.words.speech import Speech

if TYPE_CHECKING:
    from core.quota.usage_endpoint import Answer
    from core.serving import Serving
    from core.storage.data_folder import DataFolder

WAIT_FOR_OWNER_S = 5.0
"""How long a verb that writes, or a new owner, waits for the old one to end."""


class App:
    """The parts of one process. Made cheap: nothing is opened before it is asked for."""

    def __init__(
        self,
        *,
        home: Home,
        environment: Mapping[str, str],
        user_home: Path,
        clock: Clock,
        speech: Speech,
        passphrase: str | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        """Opens nothing.

        Args:
            home: the data folder.
            environment: what the process was started with; without the passphrase.
            user_home: the user's own home folder.
            clock: the time.
            speech: what messages are said in.
            passphrase: opens the vault, where one was given.
            overrides: settings from the command line, as typed.
        """
        self.home = home
        self.environment = environment
        self.clock = clock
        self.speech = speech
        self.bus = Bus()
        self.stopping = asyncio.Event()
        self.user_home = user_home
        self._passphrase = passphrase
        self._overrides = dict(overrides or {})
        self._configuration: Configuration | None = None
        self._loaded: tuple[State, Observed] | None = None
        self._folder: DataFolder | None = None
        self._offered: str | None = None
        self._serving: Serving | None = None
        binder = Binder(
            binds_folder=home.binds,
            lock_path=home.bind_lock,
            clock=clock,
            random_bytes=secrets.token_bytes,
        )
        runs = Runs(home.run, random_bytes=secrets.token_bytes)
        self.joining = Joining(
            folder=lambda: self.folder,
            unlock=self.unlock,
            renews=lambda: self._serving.authoriser if self._serving else None,
            clock=clock,
        )
        self.startup = start_up(root=home.root, environment=environment, user_home=user_home)
        watch = self.guarding = Guarding(
            home.root, self.startup, wanted=lambda: self.settings.bind.watch
        )
        self.leases = Leases(
            binder, clock=clock, runs=runs, start_guard=watch.start, end_guard=watch.end
        )

    # --- what is known -------------------------------------------------------------------------

    @property
    def configuration(self) -> Configuration:
        """The settings with their sources; read when first needed.

        Raises:
            CoreError: settings.toml, a variable or an override does not count.
        """
        if self._configuration is None:
            self._configuration = self._read_settings()
        return self._configuration

    @property
    def settings(self) -> Settings:
        """The settings as they count now."""
        return (self._configuration or self.configuration).settings

    def reload_settings(self) -> None:
        """Read the settings again; what reads them per request follows at once.

        Raises:
            CoreError: as `configuration`; those that counted still count.
        """
        self._configuration = self._read_settings()

    @property
    def state(self) -> State:
        """What the user chose."""
        return self._values()[0]

    @property
    def observed(self) -> Observed:
        """What was learned."""
        return self._values()[1]

    @property
    def folder(self) -> "DataFolder":
        """The owned data folder.

        Raises:
            RuntimeError: neither `hold` nor `serve` was called; a mistake in the program.
        """
        if self._folder is None:
            raise RuntimeError("the data folder is not owned")
        return self._folder

    @property
    def serving(self) -> "Serving | None":
        """The proxy and what goes with it, while it serves."""
        return self._serving

    @property
    def port(self) -> int | None:
        """Where the proxy listens; None when it does not."""
        return None if self._serving is None else self._serving.server.port

    def draw(self) -> float:
        """A number from 0 up to 1, so that waits do not march in step."""
        return random.random()  # noqa: S311 - spreads waits, guards nothing

    def codex_home(self, named: str | None) -> Path:
        """The Codex home that a verb is about: the caller's, else this process's own."""
        return home_in_force(self.environment, self.user_home) if named is None else Path(named)

    async def status(self, codex_home: Path) -> StatusReport:
        """The whole snapshot, with the bind of `codex_home`."""
        from core.snapshot import Sources, take_snapshot

        state, observed = self._values()
        sources = Sources(
            home=self.home,
            configuration=self.configuration,
            leases=self.leases,
            folder=self._folder,
            on_show=None if self._serving is None else self._serving.on_show,
            clock=self.clock,
            speech=self.speech,
        )
        return await take_snapshot(sources, state, observed, codex_home=codex_home)

    async def requests(self, count: int) -> tuple[RequestRecord, ...]:
        """The newest requests, newest first."""
        return await self.read_ledger(lambda file: newest(file, count)) or ()

    async def read_ledger[T](self, work: Callable[[Connection], T]) -> T | None:
        """What `work` finds in the ledger, whoever owns it; None when there is none."""
        if self._folder is not None:
            return await self._folder.ledger.read(work)
        return read_ledger(self.home.ledger, work)

    # --- opening and closing ---------------------------------------------------------------------

    def read(self) -> None:
        """Load the two values from the disk, without the lock; nothing is created."""
        loaded = read_store(self.home.vault)
        self._loaded = (loaded.state, loaded.observed)

    async def hold(self, mode: str) -> None:
        """Own the data folder for a write; the vault stays closed until `unlock`.

        Raises:
            CoreError: `owned`, or as a database cannot be opened.
        """
        from core.storage.data_folder import own
        from core.storage.keys import SystemKeyring

        self._folder = await own(
            self.home,
            mode=mode,
            wait_s=WAIT_FOR_OWNER_S,
            clock=self.clock,
            publish=lambda events: self.bus.publish(*events),
            keyring=SystemKeyring(),
        )

    async def unlock(self, passphrase: str | None = None) -> None:
        """Open the vault, with what was given now or at the start, or by the OS keyring.

        Raises:
            CoreError: `locked` or `no_key_slot`, exit code locked.
        """
        given = passphrase or self._offered
        self._offered = None
        await self.folder.vault.unlock(passphrase=given or self._passphrase)
        if given is not None:
            self._passphrase = given

    def offer(self, passphrase: str | None) -> None:
        """What the next `unlock` is tried with, if it comes to that."""
        self._offered = passphrase

    @asynccontextmanager
    async def held(self, mode: str) -> AsyncIterator[None]:
        """Own the data folder inside this block; does nothing where it is owned already.

        Raises:
            CoreError: as `hold`.
        """
        if self._folder is not None:
            yield
            return
        await self.hold(mode)
        try:
            yield
        finally:
            folder, self._folder = self.folder, None
            await folder.close()

    async def serve(self, mode: str) -> None:
        """Own the data folder and serve: recover, listen, take the leases up again.

        A vault that cannot be opened because nobody is there to type is a state, and the proxy
        says so to who asks; a passphrase that was given and is wrong ends the start.

        Raises:
            CoreError: `owned`, `locked`, or as databases and ports cannot be opened.
        """
        await self.hold(mode)
        try:
            # What serves is imported while a passphrase is stretched: both take a while.
            await asyncio.gather(asyncio.to_thread(import_module, "core.serving"), self._recover())
            from core.serving import Serving

            self._serving = Serving(
                folder=self.folder,
                leases=self.leases,
                settings=lambda: self.settings,
                environment=self.environment,
                clock=self.clock,
                speech=self.speech,
                bus=self.bus,
                mode=mode,
                pid=os.getpid(),
                draw=self.draw,
            )
            port = await self._serving.start()
            self.guarding.health_key = self._serving.identity().key
            await self.leases.take_up(port)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Give Codex back first, then let answers finish (2 s), then write and let go."""
        serving, self._serving = self._serving, None
        folder, self._folder = self._folder, None
        async with AsyncExitStack() as ends:  # what comes last here is done first
            ends.callback(self.leases.close)
            if folder is not None:
                ends.push_async_callback(folder.close)
            if serving is not None:
                ends.push_async_callback(serving.stop, lambda: self.bus.publish(RenewalAwaited()))
            ends.push_async_callback(self.joining.close)
            if serving is not None and not self.guarding.leaves_bound(self.clock.now()):
                ends.push_async_callback(self.leases.lapse)

    def request_stop(self) -> None:
        """Whoever runs this app is asked to close it; whoever watches it stops."""
        if not self.stopping.is_set():
            self.stopping.set()
            self.bus.publish(EngineStopping())

    # --- what verbs do with the parts ------------------------------------------------------------

    async def ask_usage(
        self, accounts: Sequence[AccountId], *, passphrase: str | None
    ) -> "Mapping[AccountId, Answer]":
        """Ask the usage endpoint about these accounts now; it spends no quota.

        Raises:
            CoreError: the vault cannot be opened, where no owner serves.
        """
        from core.authorising import ask_once

        if self._serving is not None:
            return await self._serving.monitor.refresh(accounts)
        await self.unlock(passphrase)
        return await ask_once(
            accounts,
            folder=self.folder,
            environment=self.environment,
            settings=lambda: self.settings,
            clock=self.clock,
            draw=self.draw,
            waits=lambda: self.bus.publish(RenewalAwaited()),
        )

    async def bind_plan(self, home: Path, port: int) -> BindPlan:
        """What a bind would change."""
        return await self.leases.plan(home, port)

    async def bind_status(self, home: Path) -> BindStatus:
        """How a home stands."""
        return await self.leases.status(home)

    async def bind(self, home: Path, *, replace: bool, rotate: bool) -> BindReceipt:
        """Route the Codex of `home` here.

        Raises:
            CoreError: `owner_not_running` without a proxy; else as `Binder.bind`.
        """
        if self.port is None:
            raise CoreError(
                "owner_not_running",
                "There is no proxy to route Codex to; nothing was changed.",
                "Start it with `turntable`, or `turntable serve` without a desktop.",
                exit_code=ExitCode.OWNER_NOT_RUNNING,
            )
        receipt = await self.leases.bind(home, self.port, replace_gateway=replace, rotate=rotate)
        self.bus.publish(BindChanged(state=BindState.BOUND.value))
        return receipt

    async def unbind(self, home: Path, *, force: bool) -> UnbindReceipt:
        """Give a home back."""
        await self.leases.recover()
        receipt = await self.leases.unbind(home, force=force)
        left_alone = receipt.result is UndoResult.LEFT_ALONE
        state = BindState.DRIFTED if left_alone else BindState.UNBOUND
        self.bus.publish(BindChanged(state=state.value))
        return receipt

    # --- inside ----------------------------------------------------------------------------------

    def _read_settings(self) -> Configuration:
        return read_configuration(
            self.home.settings, environment=self.environment, overrides=self._overrides
        )

    def _values(self) -> tuple[State, Observed]:
        if self._folder is not None:
            return self._folder.store.state, self._folder.store.observed
        return self._loaded or (State(), Observed())

    async def _recover(self) -> None:
        from core.switch.settling import settle_all

        await self.leases.recover()
        await settle_all(self.folder.store, self.home.switches)
        if self.folder.vault.slots:
            # Where none was given it may stay locked: `status` and every refusal say so.
            with nullcontext() if self._passphrase is not None else suppress(CoreError):
                await self.unlock()
