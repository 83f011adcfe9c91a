"""The binds of a running program: `Binder` on a thread of its own, and which secrets count.

While the program runs it holds the leases: it takes up those that lapsed at its last end, follows
a new port, and lets all of them lapse before it ends, so that Codex is never left behind.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from core.binding.binder import Binder
from core.binding.run_once import Runs
from core.domain.binding import (
    BindPlan,
    BindReceipt,
    BindSecret,
    BindState,
    BindStatus,
    Recovery,
    UnbindReceipt,
    UndoResult,
)
from core.domain.errors import CoreError
from core.runtime.clock import Clock
from core.storage.worker import Worker

STALE_FOR = timedelta(hours=24)
"""How long a replaced secret is recognised, so that an open chat is told what to do."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSecret:
    """A secret that some Codex presents.

    Attributes:
        secret: what stands in its base address.
        bind_id: the lease.
        codex_home: whose it is.
        stale_until: None while it is in force.
    """

    secret: BindSecret = field(repr=False)
    bind_id: str
    codex_home: Path
    stale_until: datetime | None = None


class Leases:
    """Binds and unbinds for a process that runs a loop; remembers who may call."""

    def __init__(
        self,
        binder: Binder,
        *,
        clock: Clock,
        runs: Runs,
        start_guard: Callable[[], object] = lambda: None,
        end_guard: Callable[[], object] = lambda: None,
    ) -> None:
        """Nothing is read yet.

        Args:
            binder: sets the key and takes it back.
            clock: dates what is stale.
            runs: who may call for one run of Codex, beside the binds.
            start_guard: sees to it that a guard runs; idempotent, blocks for a moment.
            end_guard: removes what `start_guard` has installed, once no lease is left.
        """
        self._binder = binder
        self._clock = clock
        self._start_guard = start_guard
        self._end_guard = end_guard
        self.runs = runs
        self.guard_trouble: CoreError | None = None
        """Why no guard watches over the binds; None while one does, or none is needed."""
        self.lost_port: int | None = None
        """Where open chats still call and another program listens by now; None: nowhere."""
        self._worker = Worker("binds")
        self._secrets: tuple[LeaseSecret, ...] = ()
        self._troubles: dict[Path, CoreError] = {}

    @property
    def troubles(self) -> tuple[CoreError, ...]:
        """Why homes that were bound before the start are not bound again, while that is so."""
        return tuple(self._troubles.values())

    @property
    def secrets(self) -> tuple[LeaseSecret, ...]:
        """Who may call, and who could until lately."""
        return self._secrets

    @property
    def last_port(self) -> int | None:
        """The port of a lease: where open chats still call. Blocks for some milliseconds."""
        return next((record.port for record in self._binder.records()), None)

    async def plan(self, home: Path, port: int) -> BindPlan:
        """See `Binder.plan`."""
        return await self._worker.run(lambda: self._binder.plan(home, port))

    async def status(self, home: Path) -> BindStatus:
        """See `Binder.status`."""
        return await self._worker.run(lambda: self._binder.status(home))

    async def bind(
        self, home: Path, port: int, *, replace_gateway: bool = False, rotate: bool = False
    ) -> BindReceipt:
        """See `Binder.bind`; from now on its secret is in force, an older one stale."""
        await self._see_to_a_guard()
        receipt = await self._worker.run(
            lambda: self._binder.bind(home, port, replace=replace_gateway, rotate=rotate)
        )
        self._troubles.pop(receipt.codex_home, None)
        self._retire(receipt.codex_home, unless=receipt.secret)
        lease = LeaseSecret(
            secret=receipt.secret, bind_id=receipt.bind_id, codex_home=receipt.codex_home
        )
        others = tuple(known for known in self._secrets if known.secret != receipt.secret)
        self._secrets = (*others, lease)
        return receipt

    async def unbind(self, home: Path, *, force: bool = False) -> UnbindReceipt:
        """End a lease at the user's word; open chats are told for a day that it ended."""
        receipt = await self._worker.run(lambda: self._binder.unbind(home, force=force))
        self._troubles.pop(receipt.codex_home, None)
        if receipt.result is not UndoResult.LEFT_ALONE:
            self._retire(receipt.codex_home, unless=None)
        if not await self._worker.run(self._binder.records):
            await self._worker.run(self._end_guard)
        return receipt

    async def homes(self) -> tuple[Path, ...]:
        """Every Codex home that a lease is held on, also one that has lapsed."""
        records = await self._worker.run(self._binder.records)
        return tuple(record.codex_home for record in records)

    async def take_up(self, port: int) -> None:
        """Bind every home again whose lease is ours still; `troubles` says what could not be.

        A home whose key somebody has changed since is that user's: it is not bound unasked.
        """
        for record in await self._worker.run(self._binder.records):
            try:
                status = await self.status(record.codex_home)
                if status.state is not BindState.DRIFTED:
                    await self.bind(record.codex_home, port)
            except CoreError as error:
                _log.warning("a home could not be bound again: %s", error.code)
                self._troubles[record.codex_home] = error

    async def recover(self) -> tuple[Recovery, ...]:
        """Finish or undo what a crash cut short; to be called before anything else."""
        return await self._worker.run(self._binder.recover)

    async def _see_to_a_guard(self) -> None:
        """Before anything is bound: a Codex that is bound to a dead address waits for ever.

        Without a guard a bind is still worth having; the trouble is shown until there is one.
        """
        try:
            await self._worker.run(self._start_guard)
        except CoreError as error:
            _log.warning("no guard: %s", error)
            self.guard_trouble = error
        else:
            self.guard_trouble = None

    async def lapse(self) -> tuple[CoreError, ...]:
        """Give every home back until the next start; what could not be given back, with why."""
        troubles = []
        for record in await self._worker.run(self._binder.records):
            lapse = partial(self._binder.unbind, record.codex_home, keep_secret=True)
            try:
                await self._worker.run(lapse)
            except CoreError as error:
                _log.error("a home could not be given back: %s", error.code)
                troubles.append(error)
        return tuple(troubles)

    def close(self) -> None:
        """End the thread."""
        self._worker.stop()

    def _retire(self, home: Path, *, unless: BindSecret | None) -> None:
        now = self._clock.now()
        kept = []
        for known in self._secrets:
            if known.stale_until is not None and known.stale_until <= now:
                continue
            concerned = known.codex_home == home and known.secret != unless
            if concerned and known.stale_until is None:
                kept.append(replace(known, stale_until=now + STALE_FOR))
            else:
                kept.append(known)
        self._secrets = tuple(kept)
