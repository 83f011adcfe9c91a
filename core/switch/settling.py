"""Finishes or takes back a switch that a crash has cut short: at every start, and before the next.

Whose login the file holds decides it. Nothing is written into Codex's home for it, no token is
read out of the vault, and none is presented.
"""

import logging
from dataclasses import replace
from pathlib import Path

from core.codex_home.auth_file import AUTH_FILE
from core.codex_home.auth_json import CodexLogin, read_login
from core.domain.account import Account, AccountId, Refresher
from core.domain.decision import Because
from core.domain.doubt import doubted
from core.domain.errors import CoreError
from core.domain.state import edit_account
from core.storage.store import Store
from core.switch.auth_writer import content_of
from core.switch.record import Records, Stage, digest

_log = logging.getLogger(__name__)


class Settling:
    """Who refreshes which login, in one Codex home."""

    def __init__(self, home: Path, *, store: Store, records: Records) -> None:
        """`home` is canonical. Nothing is read yet."""
        self._home = home
        self._source = str(home / AUTH_FILE)
        self._store = store
        self._records = records

    async def settle(self) -> None:
        """Finish the switch where Codex has the new login, else take it back.

        Raises:
            CoreError: `switch_record_damaged`, `login_unreadable`, or a disk error; the record
                stays, and the next call goes on from there.
        """
        record = self._records.load(self._home)
        if record is None or record.stage is Stage.DONE:
            return
        content = content_of(self._home)
        if digest(content) != record.before and self.in_file(content) == record.given:
            await self.make_ours(record.displaced)
            self._records.save(replace(record, stage=Stage.DONE))
            return
        await self.make_ours(record.given)
        if record.given is not None and digest(content) != record.before:
            # Codex may have had it for a moment, and spent its token.
            self._store.learn(doubted(record.given, Because.IN_DOUBT))
        self._records.drop(self._home)

    async def make_ours(self, account: AccountId | None) -> None:
        """The file does not hold it (any more): from here on only we refresh it."""
        known = None if account is None else self._store.state.accounts.get(account)
        if known is not None and known.source == self._source:
            await self.change(known.id, refresher=Refresher.TURNTABLE, source=None)

    async def change(
        self, account: AccountId, *, refresher: Refresher, source: str | None
    ) -> Account:
        """Write down who refreshes an account's login; the account as it is then."""
        await self._store.change(
            edit_account(account, lambda known: replace(known, refresher=refresher, source=source))
        )
        return self._store.state.accounts[account]

    def in_file(self, content: bytes | None) -> AccountId | None:
        """The account whose login this is; None: nobody's that we know."""
        try:
            login = login_in(content)
        except CoreError:
            return None
        found = None if login is None else self._store.state.find(login.identity)
        return None if found is None else found.id


async def settle_all(store: Store, folder: Path) -> None:
    """Settle every home whose switch was cut short, so that no login stays nobody's.

    What cannot be settled now (a disk that is missing) is logged, and waits for the next start.

    Args:
        store: of the owned data folder.
        folder: where the records lie.
    """
    records = Records(folder)
    for home in records.homes():
        try:
            await Settling(home, store=store, records=records).settle()
        except CoreError as error:
            _log.warning("a switch that was cut short is not settled: %s", error)


def login_in(content: bytes | None) -> CodexLogin | None:
    """The file's login; None when there is no file, or nobody is signed in.

    Raises:
        CoreError: as `read_login`: an API key, another mode, a file that is not whole.
    """
    if content is None:
        return None
    try:
        return read_login(content.decode("utf-8", "replace"))
    except CoreError as error:
        if error.code == "login_signed_out":
            return None
        raise
