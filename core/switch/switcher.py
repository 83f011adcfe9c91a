"""Changes Codex's own login, so that at every instant each refresh token has one owner.

The order is what makes it safe at kill -9: the displaced login is sealed first; the account that is
handed out is Codex's from then on (we never present its token again) before the file is written;
the displaced one becomes ours only after. A record says how far it came, and the next call of
`settle` finishes or takes back what was cut short.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.accounts.roster import Candidate, Roster
from core.codex_home.app_server import CodexAccount
from core.codex_home.auth_file import AUTH_FILE
from core.domain.account import Account, AccountId, Refresher
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.storage.store import Store
from core.storage.vault import Vault
from core.switch.auth_writer import content_of, replace_login
from core.switch.document import auth_document
from core.switch.preflight import (
    Config,
    check_account,
    check_forced,
    check_running,
    check_store,
    check_tokens,
)
from core.switch.receipt import Receipt, Result, Step
from core.switch.record import Record, Records, Stage, digest
from core.switch.settling import Settling, login_in

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a switch asks of the world.

    Attributes:
        config: Codex's configuration in force.
        running: the processes of this home; None where nobody tells.
        who: whom Codex says is signed in, afterwards; None where no Codex can be asked.
        landed: waits until no refresh of an account is under way.
    """

    config: Callable[[], Awaitable[Config]]
    running: Callable[[], tuple[int, ...] | None]
    who: Callable[[], Awaitable[CodexAccount | None]]
    landed: Callable[[AccountId], Awaitable[None]]


class Switcher:
    """Switches one Codex home."""

    def __init__(
        self,
        home: Path,
        *,
        store: Store,
        vault: Vault,
        roster: Roster,
        records: Records,
        world: Surroundings,
        clock: Clock,
    ) -> None:
        """`home` is canonical; the vault is open. Nothing is read yet."""
        self._home = home
        self._source = home / AUTH_FILE
        self._store = store
        self._vault = vault
        self._roster = roster
        self._records = records
        self._settling = Settling(home, store=store, records=records)
        self._world = world
        self._clock = clock

    async def switch(self, account: Account, *, dry_run: bool = False) -> Receipt:
        """Give Codex this account's login.

        Raises:
            CoreError: `switch_refused` with the reason, `login_…`, or as disk and vault fail;
                Codex's login is what it was.
        """
        await self.settle()
        checks = await self._checks(account)
        if dry_run:
            return self._planned(account.id, checks)
        return await self._swap(account.id, checks)

    async def undo(self, *, dry_run: bool = False) -> Receipt:
        """Give Codex back the login that the last switch displaced, in its newest generation.

        Raises:
            CoreError: `nothing_to_undo`, `switch_changed` (somebody signed in since, exit code
                left alone), or as `switch`.
        """
        await self.settle()
        record = self._records.load(self._home)
        if record is None:
            raise CoreError(
                "nothing_to_undo",
                Sentence(
                    "Turntable has not switched the login in {home}; nothing was changed.",
                    home=self._home,
                ),
            )
        if self._settling.in_file(content_of(self._home)) != record.given:
            raise CoreError(
                "switch_changed",
                Sentence(
                    "Another login stands in {source} since the switch; it was left alone.",
                    source=self._source,
                ),
                "`turntable switch ACCOUNT` changes it on purpose.",
                exit_code=ExitCode.LEFT_ALONE,
            )
        account = self._store.state.accounts.get(record.displaced) if record.displaced else None
        if record.displaced is not None and account is None:
            raise CoreError(
                "nothing_to_undo",
                "The account whose login was displaced is not here any more; nothing was changed.",
                "`turntable switch ACCOUNT` gives Codex another one.",
            )
        checks = await self._checks(account)
        target = None if account is None else account.id
        if dry_run:
            return self._planned(target, checks)
        receipt = await self._swap(target, checks)
        if receipt.done:
            self._records.drop(self._home)
        return receipt

    async def settle(self) -> None:
        """Finish or take back a switch that a crash has cut short."""
        await self._settling.settle()

    # --- before ----------------------------------------------------------------------------------

    async def _checks(self, account: Account | None) -> list[Step]:
        config = await self._world.config()
        checks = [
            check_store(self._home, config),
            check_forced(config, account),
            check_running(await asyncio.to_thread(self._world.running)),
        ]
        if account is not None:
            checks.append(check_account(account, self._store.observed, self._source))
            known = await self._vault.get(account.id)
            if known is not None:
                checks.append(check_tokens(known, self._clock.now()))
        content = content_of(self._home)
        try:
            login_in(content)
        except CoreError as error:
            checks.append(Step(name="file", result=Result.FAILED, because=error.message))
        return checks

    def _planned(self, target: AccountId | None, checks: list[Step]) -> Receipt:
        acts = ("keep", "lend", "write", "verify", "own")
        planned = [Step(name=name, result=Result.PLANNED) for name in acts]
        return Receipt(
            home=self._home,
            account=target,
            displaced=self._settling.in_file(content_of(self._home)),
            steps=(*checks, *planned),
            done=not any(check.result is Result.FAILED for check in checks),
        )

    # --- the act ---------------------------------------------------------------------------------

    async def _swap(self, target: AccountId | None, checks: list[Step]) -> Receipt:
        failed = next((check for check in checks if check.result is Result.FAILED), None)
        if failed is not None:
            raise CoreError(
                "switch_refused",
                Sentence("{because} Codex's login was not changed.", because=failed.because),
                "",
            )
        steps = list(checks)
        for _ in range(_ATTEMPTS):
            before = content_of(self._home)
            displaced = await self._keep(before)
            record = Record(
                home=str(self._home),
                stage=Stage.WRITING,
                given=target,
                displaced=displaced,
                before=digest(before),
            )
            after = await self._lend(record, before)
            if await self._put(record, before, after):
                break
        else:
            await self._take_back(record)
            raise CoreError(
                "login_busy",
                Sentence(
                    "Another program keeps changing {source}; it was left as it is.",
                    source=self._source,
                ),
                "Close Codex and try again.",
            )
        steps += [Step(name=name, result=Result.DONE) for name in ("keep", "lend", "write")]
        verdict = await self._verify(target)
        steps.append(verdict)
        if verdict.result is Result.FAILED:
            steps.append(await self._roll_back(record, before, after))
            return self._receipt(record, steps, done=False)
        await self._settling.make_ours(displaced)
        self._records.save(replace(record, stage=Stage.DONE))
        steps.append(Step(name="own", result=Result.DONE))
        return self._receipt(record, steps, done=True)

    async def _keep(self, before: bytes | None) -> AccountId | None:
        """Seal the login that stands in the file; whose it is."""
        login = login_in(before)
        if login is None:
            return None
        candidate = Candidate(login=login, refresher=Refresher.ELSEWHERE, source=str(self._source))
        return (await self._roster.admit(candidate)).account.id

    async def _lend(self, record: Record, before: bytes | None) -> bytes | None:
        """From here on the login is Codex's; the file's new content. Recorded before all else."""
        self._records.save(record)
        if record.given is None:
            return None
        source = str(self._source)
        lent = await self._settling.change(
            record.given, refresher=Refresher.ELSEWHERE, source=source
        )
        await self._world.landed(record.given)
        credentials = await self._vault.get(record.given)
        if credentials is None or record.given in await self._vault.doubtful():
            await self._take_back(record)
            raise CoreError(
                "switch_refused",
                Sentence(
                    "The newest login of {label} is not certain; Codex's was not changed.",
                    label=lent.label,
                ),
                "Sign in again: `turntable login --again`.",
                exit_code=ExitCode.SIGN_IN_NEEDED,
            )
        old = {} if before is None else json.loads(before)
        return auth_document(old, lent, credentials, now=self._clock.now())

    async def _put(self, record: Record, before: bytes | None, after: bytes | None) -> bool:
        try:
            return await asyncio.to_thread(
                replace_login, self._home, expected=before, content=after
            )
        except CoreError:
            await self._take_back(record)
            raise

    async def _take_back(self, record: Record) -> None:
        """Nothing was written: the login that was to be lent is ours as before."""
        await self._settling.make_ours(record.given)
        self._records.drop(self._home)

    async def _verify(self, target: AccountId | None) -> Step:
        try:
            who = await self._world.who()
        except CoreError as error:
            return Step(name="verify", result=Result.FAILED, because=error.message)
        if who is None:
            because = Sentence("No Codex is installed here that could be asked.")
            return Step(name="verify", result=Result.SKIPPED, because=because)
        account = None if target is None else self._store.state.accounts[target]
        wanted = ("", "") if account is None else ("chatgpt", account.email)
        if (who.kind, who.email) == wanted:
            return Step(name="verify", result=Result.DONE)
        because = (
            Sentence("Codex says that {email} is signed in.", email=who.email)
            if who.email
            else Sentence("Codex says that nobody is signed in.")
        )
        return Step(name="verify", result=Result.FAILED, because=because)

    async def _roll_back(self, record: Record, before: bytes | None, after: bytes | None) -> Step:
        """Byte for byte, while nobody has changed what we wrote."""
        done = await asyncio.to_thread(replace_login, self._home, expected=after, content=before)
        if not done:
            await self.settle()
            because = Sentence("Codex has changed the new login already; it was left alone.")
            return Step(name="roll back", result=Result.SKIPPED, because=because)
        await self._take_back(record)
        return Step(name="roll back", result=Result.DONE)

    def _receipt(self, record: Record, steps: list[Step], *, done: bool) -> Receipt:
        return Receipt(
            home=self._home,
            account=record.given,
            displaced=record.displaced,
            steps=tuple(steps),
            done=done,
        )
