"""Binding a Codex home, and giving it back: journal first, then the file, every step repeatable.

The methods block for some milliseconds and are safe to call from any process at any time: one
lock serialises them, and whatever a crash has cut short is finished or undone by the next.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.binding.address import base_address, new_secret
from core.binding.bind_lock import BindLock
from core.binding.codex_toml import fingerprint, read_key
from core.binding.config_file import (
    ConfigFile,
    canonical,
    check_writable,
    find_config,
    is_private,
    replace_config,
)
from core.binding.durable import PRIVATE_FILE, Disk, Step, disk_errors, no_step
from core.binding.giving_back import finish, give_back
from core.binding.journal import Journal
from core.binding.lease import Move, as_found, begun, completed, decide, difference, is_bound_to
from core.domain.binding import (
    BindPlan,
    BindReceipt,
    BindRecord,
    BindSecret,
    BindState,
    BindStatus,
    LeaseState,
    Recovery,
    Replaces,
    UnbindReceipt,
    UndoResult,
)
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.clock import Clock

_ATTEMPTS = 5
_ID_BYTES = 8
_SHOWN_SECRET = BindSecret("_" * 43)
"""Stands in the plan for a secret that is not made yet; it is masked like every other."""


class Binder:
    """Sets and takes back the one key of each Codex home."""

    def __init__(
        self,
        *,
        binds_folder: Path,
        lock_path: Path,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        step: Step = no_step,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            binds_folder: where the undo journals lie; made when needed.
            lock_path: `run/bind.lock`, shared with guard and command line.
            clock: dates the lease.
            random_bytes: `secrets.token_bytes`, or a test's own.
            step: called before each durable act with its name.
        """
        self._disk = Disk(step)
        self._journal = Journal(binds_folder, self._disk)
        self._lock = BindLock(lock_path)
        self._clock = clock
        self._random_bytes = random_bytes

    def plan(self, home: Path, port: int) -> BindPlan:
        """What `bind` would do; nothing is written, no lock is taken.

        Raises:
            CoreError: what `bind` would raise for this file, but for the user's consent.
        """
        home = canonical(home)
        config = find_config(home)
        check_writable(config)
        secret = self._journal.secret(home) or _SHOWN_SECRET
        move = self._decide(home, config, base_address(port, secret))
        return BindPlan(
            codex_home=home,
            config=config.path,
            replaces=move.replaces,
            found=move.found,
            diff=difference(config.content, move.content, name=str(config.path)),
        )

    def bind(
        self, home: Path, port: int, *, replace: bool = False, rotate: bool = False
    ) -> BindReceipt:
        """Send the Codex of `home` to our `port`; again with another port: follow it.

        Args:
            home: a CODEX_HOME; made when only its parent exists.
            port: where the proxy listens.
            replace: the user agrees that somebody's gateway is replaced.
            rotate: make a new secret.

        Raises:
            CoreError: `bind_needs_replace` (exit 6), `config_…`, `home_…`, `disk_full`,
                `bind_busy`, `journal_…`; nothing was changed.
        """
        home = canonical(home)
        with self._lock.held():
            self._finish(self._journal.load(home))
            for _ in range(_ATTEMPTS):
                receipt = self._bind(home, port, replace=replace, rotate=rotate)
                if receipt is not None:
                    return receipt
        raise CoreError(
            "config_busy",
            Sentence(
                "Another program keeps changing the config.toml in {home}; nothing was changed.",
                home=home,
            ),
            "Close it and try again.",
        )

    def unbind(
        self, home: Path, *, force: bool = False, keep_secret: bool = False
    ) -> UnbindReceipt:
        """Give the key of `home` back, three-way: what somebody changed since is left alone.

        Args:
            home: a CODEX_HOME.
            force: the old value returns whatever the key holds now.
            keep_secret: the lease only lapses (quit, guard): the next owner takes it up with the
                same secret. Without it the user ends the lease.

        Raises:
            CoreError: `config_…`, `home_missing`, `disk_full`, `bind_busy`, `journal_…`; the
                lease is kept, and the next attempt or start goes on from there.
        """
        home = canonical(home)
        with self._lock.held():
            record = self._journal.load(home)
            if record is None:
                path = home / "config.toml"
                return UnbindReceipt(codex_home=home, config=path, result=UndoResult.NOT_BOUND)
            result = give_back(
                self._disk, self._journal, record, force=force, forget=not keep_secret
            )
        return UnbindReceipt(codex_home=home, config=record.config, result=result)

    def recover(self) -> tuple[Recovery, ...]:
        """Finish or undo what a crash cut short; to be called at every start.

        Complete binds are not touched. What cannot be done yet (an invalid file, a missing disk)
        is reported and tried again next time.

        Raises:
            CoreError: `bind_busy`.
        """
        with self._lock.held():
            self._journal.sweep()
            found = (self._recover(path) for path in self._journal.files())
            return tuple(recovery for recovery in found if recovery is not None)

    def status(self, home: Path) -> BindStatus:
        """Where `home` stands; reads only, and never raises for what it finds."""
        home = canonical(home)
        try:
            record = self._journal.load(home)
        except CoreError as error:
            return _status(home, None, BindState.BROKEN, error.message)
        if record is None or record.state is LeaseState.LAPSED:
            return _status(home, None, BindState.UNBOUND)
        if record.state is not LeaseState.BOUND:
            return _status(home, record, BindState.BROKEN, "A bind or unbind was cut short.")
        try:
            found = read_key(find_config(home).content, name=str(record.config))
        except CoreError as error:
            return _status(home, record, BindState.BROKEN, error.message)
        if found is None:
            return _status(home, record, BindState.DRIFTED, "Somebody removed the key.")
        if found.value is None or fingerprint(found.value) not in record.ours:
            return _status(home, record, BindState.DRIFTED, "Somebody changed the key.")
        return _status(home, record, BindState.BOUND)

    def records(self) -> tuple[BindRecord, ...]:
        """Every lease that can be read, bound or lapsed: what an owner takes up when it starts.

        A home whose `status` is `drifted` is the user's: it is not bound again unasked.
        """
        records = []
        for path in self._journal.files():
            # A damaged one is reported by `recover` and `status`.
            with suppress(CoreError):
                records.append(self._journal.read(path))
        return tuple(records)

    def secret(self, home: Path) -> BindSecret | None:
        """The secret of `home`'s lease; None when it has none.

        Raises:
            CoreError: a disk error.
        """
        return self._journal.secret(canonical(home))

    def _decide(self, home: Path, config: ConfigFile, value: str) -> Move:
        previous = self._journal.load(home)
        return decide(config.content, previous, value, name=str(config.path))

    def _bind(self, home: Path, port: int, *, replace: bool, rotate: bool) -> BindReceipt | None:
        """One attempt; None when the file changed under our hands."""
        config, previous = find_config(home), self._journal.load(home)
        known = self._journal.secret(home)
        secret = new_secret(self._random_bytes) if known is None or rotate else known
        value = base_address(port, secret)
        move = self._decide(home, config, value)
        if move.replaces is Replaces.GATEWAY and not replace:
            raise _needs_replace(config.path, move.found)
        private = config.state is not None and is_private(config.state)
        in_place = private and move.content == config.content
        if in_place and previous is not None and is_bound_to(previous, value, port):
            return _receipt(previous, secret, move, self._clock.now(), changed=False)
        check_writable(config)
        bind_id = previous.bind_id if previous else self._random_bytes(_ID_BYTES).hex()
        facts = as_found(home, config, port=port, bind_id=bind_id)
        record = begun(facts, move, previous, value)
        self._journal.save(record)
        try:
            if not self._write(record, config, move, None if secret == known else secret):
                self._step_back(record, previous, known, written=False)
                return None
            now = self._clock.now()
            bound = completed(record, value, now)
            self._journal.save(bound)
        except CoreError as error:
            try:
                written = find_config(home).content != config.content
                self._step_back(record, previous, known, written=written)
            except CoreError as second:
                # The record says how far we came: the next start finishes it.
                error.add_note(f"{second.code}: {second.message}")
            raise
        return _receipt(bound, secret, move, now, changed=True)

    def _write(
        self, record: BindRecord, config: ConfigFile, move: Move, new_secret: BindSecret | None
    ) -> bool:
        if new_secret is not None:
            self._journal.save_secret(record.codex_home, new_secret)
        if not record.codex_home.exists():
            with disk_errors(record.codex_home):
                self._disk.make_folder(record.codex_home, what="home")
        return replace_config(
            self._disk, config, move.content, mode=PRIVATE_FILE, bind_id=record.bind_id
        )

    def _step_back(
        self,
        record: BindRecord,
        previous: BindRecord | None,
        secret: BindSecret | None,
        *,
        written: bool,
    ) -> None:
        """After a failed attempt: the journal as it was, if the file is; else undo the file."""
        if written or previous is None:
            self._finish(record)
            return
        if secret is not None and self._journal.secret(record.codex_home) != secret:
            self._journal.save_secret(record.codex_home, secret)
        self._journal.save(previous)

    def _finish(self, record: BindRecord | None) -> UndoResult | None:
        """Undo a bind, or finish an unbind, that was cut short; None: there is nothing to do."""
        if record is None or record.state not in {LeaseState.BINDING, LeaseState.UNBINDING}:
            return None
        return finish(self._disk, self._journal, record)

    def _recover(self, path: Path) -> Recovery | None:
        home = None
        try:
            record = self._journal.read(path)
            home = record.codex_home
            result = self._finish(record)
        except CoreError as error:
            return Recovery(journal=path, codex_home=home, result=None, because=error.message)
        if result is None:
            return None
        return Recovery(journal=path, codex_home=home, result=result, because="")


def _receipt(
    record: BindRecord, secret: BindSecret, move: Move, now: datetime, *, changed: bool
) -> BindReceipt:
    return BindReceipt(
        bind_id=record.bind_id,
        codex_home=record.codex_home,
        config=record.config,
        port=record.port,
        secret=secret,
        since=record.since or now,
        changed=changed,
        replaces=move.replaces,
        replaced=move.found,
    )


def _status(
    home: Path, record: BindRecord | None, state: BindState, because: str = ""
) -> BindStatus:
    return BindStatus(
        state=state,
        codex_home=home,
        port=record.port if record else None,
        since=record.since if record else None,
        because=Sentence(because),
    )


def _needs_replace(path: Path, found: str | None) -> CoreError:
    return CoreError(
        "bind_needs_replace",
        Sentence(
            "{path} already sends Codex to {found}; nothing was changed.", path=path, found=found
        ),
        "Repeat with --replace to send it through Turntable; unbind gives that address back.",
        exit_code=ExitCode.LEFT_ALONE,
    )
