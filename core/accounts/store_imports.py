"""Takes the logins of another tool's store, several at once, and on request takes them away there.

A refresh token that lives in two stores is a hazard: the second one to spend it ends the login for
both. So a login that was imported stays its tool's, and we never spend its refresh token, until it
is *taken*: then it is removed there first, and becomes ours only when it is there no more.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from core.accounts.imports import Imported, Importer
from core.accounts.roster import Candidate, Kept, Outcome, Roster
from core.accounts.stores.entry import Contents, Entry, Why
from core.accounts.stores.files import copies_beside, read_store_file, take_out
from core.codex_home.auth_file import FoundLogin
from core.domain.account import Account, AccountId, Refresher
from core.domain.errors import CoreError
from core.domain.policies import LONGEST_TAG, MOST_TAGS
from core.domain.state import Change, edit_account
from core.storage.store import Store


class Skipped(StrEnum):
    """Why a login of a store did not come in."""

    DAMAGED = "damaged"
    NO_ACCESS_TOKEN = "no_access_token"
    NO_REFRESH_TOKEN = "no_refresh_token"
    NO_IDENTITY = "no_identity"
    TWICE = "twice"
    REVOKED = "revoked"
    """The back end does not take it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedEntry:
    """An entry that did not come in, by the name that its store gives it."""

    name: str
    why: Skipped
    source: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreImport:
    """What an import of whole stores did, or would do.

    Attributes:
        imported: one for each login that was looked at.
        skipped: those that were not.
        taken: accounts whose login is ours now, and was removed from its store.
        renewed_meanwhile: accounts that were to be taken, but whose tool renewed the login between
            our look and our hand: they are imported and stay the tool's.
        copies: other files beside the store that still hold a login that was taken.
    """

    imported: tuple[Imported, ...]
    skipped: tuple[SkippedEntry, ...]
    taken: tuple[AccountId, ...] = ()
    renewed_meanwhile: tuple[AccountId, ...] = ()
    copies: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _One:
    entry: Entry
    imported: Imported


class StoreImporter:
    """Imports the stores of other tools."""

    def __init__(self, *, importer: Importer, roster: Roster, store: Store) -> None:
        """`importer` looks at each login; `roster` makes it ours."""
        self._importer = importer
        self._roster = roster
        self._store = store

    async def import_stores(
        self,
        paths: Iterable[Path],
        *,
        passphrase: str | None = None,
        take: bool = False,
        dry_run: bool = False,
    ) -> StoreImport:
        """Import every login in these files.

        Args:
            paths: the files, absolute.
            passphrase: opens those that are sealed.
            take: make the logins ours by removing them there.
            dry_run: say what would happen; with `take`, what would be taken is what comes in.

        Raises:
            CoreError: a file cannot be read or opened, and nothing was changed; or the vault or
                the disk fail, and what was imported before stays.
        """
        read = [(path, await _read(path, passphrase)) for path in paths]
        ones: list[_One] = []
        skipped: list[SkippedEntry] = []
        for path, contents in read:
            skipped += _passed_over(path, contents)
            for entry in contents.entries:
                try:
                    imported = await self._import(path, entry, dry_run=dry_run)
                except CoreError as error:
                    if error.code != "login_revoked":
                        raise
                    why = Skipped.REVOKED
                    skipped.append(SkippedEntry(name=entry.name, why=why, source=path))
                else:
                    ones.append(_One(entry=entry, imported=imported))
        whole = StoreImport(imported=tuple(one.imported for one in ones), skipped=tuple(skipped))
        if not take or dry_run:
            return whole
        return await self._take(whole, read, ones, passphrase)

    async def _import(self, path: Path, entry: Entry, *, dry_run: bool) -> Imported:
        found = FoundLogin(path=path, login=entry.login)
        imported = await self._importer.import_found(found, label=entry.label, dry_run=dry_run)
        if imported.outcome is Outcome.ADDED and not dry_run:
            await self._store.change(_as_it_was_there(imported.account.id, entry))
        return imported

    async def _take(
        self,
        whole: StoreImport,
        read: list[tuple[Path, Contents]],
        ones: list[_One],
        passphrase: str | None,
    ) -> StoreImport:
        taken: list[AccountId] = []
        meanwhile: list[AccountId] = []
        copies: list[Path] = []
        for path, contents in read:
            wanted = {
                one.entry.login.credentials.refresh_token: one
                for one in ones
                if one.imported.source == path and _may_be_taken(one.imported)
            }
            gone = await asyncio.to_thread(take_out, path, set(wanted), passphrase=passphrase)
            for token, one in wanted.items():
                if token in gone:
                    await self._make_ours(one.entry, one.imported.account)
                    taken.append(one.imported.account.id)
                else:
                    meanwhile.append(one.imported.account.id)
            for account in self._cut_short(path, contents):
                await self._store.change(_ours(account))
                taken.append(account.id)
            copies += await asyncio.to_thread(copies_beside, path, gone)
        return StoreImport(
            imported=whole.imported,
            skipped=whole.skipped,
            taken=tuple(taken),
            renewed_meanwhile=tuple(meanwhile),
            copies=tuple(copies),
        )

    async def _make_ours(self, entry: Entry, account: Account) -> None:
        candidate = Candidate(
            login=entry.login,
            refresher=Refresher.TURNTABLE,
            source=None,
            workspace_name=account.workspace_name,
        )
        await self._roster.admit(candidate)

    def _cut_short(self, path: Path, contents: Contents) -> Iterable[Account]:
        """Accounts of this store that stand there no more: we died after they were removed."""
        if any(one.why is not Why.TWICE for one in contents.unusable):
            return []  # what cannot be read may be one of them
        there = {entry.login.identity for entry in contents.entries}
        return [
            account
            for account in self._store.state.accounts.values()
            if account.refresher is Refresher.ELSEWHERE
            and account.source == str(path)
            and account.identity not in there
        ]


def _may_be_taken(imported: Imported) -> bool:
    """It holds the very login of the entry, and that login is not ours already."""
    return imported.outcome is not Outcome.UNCHANGED or imported.kept is Kept.SAME


async def _read(path: Path, passphrase: str | None) -> Contents:
    return await asyncio.to_thread(read_store_file, path, passphrase)


def _passed_over(path: Path, contents: Contents) -> Iterable[SkippedEntry]:
    return [
        SkippedEntry(name=one.name, why=Skipped(one.why.value), source=path)
        for one in contents.unusable
    ]


def _as_it_was_there(account: AccountId, entry: Entry) -> Change:
    """What the user had said about it there, for an account that is new here."""
    words = {tag.strip().casefold() for tag in entry.tags}
    tags = sorted(word for word in words if 1 <= len(word) <= LONGEST_TAG and " " not in word)
    return edit_account(
        account,
        lambda known: replace(
            known, tags=tuple(tags[:MOST_TAGS]), note=entry.note, enabled=entry.enabled
        ),
    )


def _ours(account: Account) -> Change:
    return edit_account(
        account.id, lambda known: replace(known, refresher=Refresher.TURNTABLE, source=None)
    )
