"""Takes the login that Codex keeps in one file. The file stays Codex's: it is only ever read."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.accounts.look import Connect, Look, Standing, look
from core.accounts.roster import Candidate, Kept, Outcome, Roster
from core.codex_home.auth_file import FoundLogin, read_auth_file
from core.codex_home.auth_json import has_run_out
from core.codex_home.find import CredentialStore, credential_store_of
from core.domain.account import Account, Refresher
from core.domain.credentials import Grant
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        outcome: added, updated or unchanged.
        account: the account as it is now, or would be.
        source: the file, absolute.
        kept: why it is unchanged.
        checked: the back end took the login just now; False when it could not be asked.
        run_out: the access token has run out; Codex refreshes it when it is needed.
        dry_run: nothing was written.
    """

    outcome: Outcome
    account: Account
    source: Path
    kept: Kept | None
    checked: bool
    run_out: bool
    dry_run: bool


class Importer:
    """Imports one `auth.json` at a time."""

    def __init__(
        self, *, roster: Roster, connect: Connect, base_url: str | None, now: Callable[[], datetime]
    ) -> None:
        """`base_url` is the back end's, e.g. `https://chatgpt.com/backend-api`; None: not asked."""
        self._roster = roster
        self._connect = connect
        self._base_url = base_url
        self._now = now

    async def import_login(self, path: Path, *, label: str = "", dry_run: bool = False) -> Imported:
        """Import the login in `path`; its refresher stays who it was.

        The back end is asked once whether it takes the access token. Offline, the login is
        imported all the same and the answer says so.

        Raises:
            CoreError: what `read_auth_file` raises, `login_revoked`, or what the vault and the
                disk raise. Nothing was changed.
        """
        found = await asyncio.to_thread(_read, path)
        return await self.import_found(found, label=label, dry_run=dry_run)

    async def import_found(
        self, found: FoundLogin, *, label: str = "", dry_run: bool = False
    ) -> Imported:
        """Import a login that was read already, from whatever store; as `import_login`.

        Raises:
            CoreError: `login_revoked`, or what the vault and the disk raise; nothing was changed.
        """
        seen = await self._look(found)
        if seen.standing is Standing.REFUSED:
            raise CoreError(
                "login_revoked",
                Sentence(
                    "{path}: the back end does not take this login any more; it was revoked.",
                    path=found.path,
                ),
                "Sign in again with `codex login`, then import again.",
                exit_code=ExitCode.SIGN_IN_NEEDED,
            )
        candidate = Candidate(
            login=found.login,
            refresher=Refresher.ELSEWHERE,
            source=str(found.path),
            workspace_name=seen.workspace_name,
            label=label,
        )
        admitted = await self._roster.admit(candidate, dry_run=dry_run)
        return Imported(
            outcome=admitted.outcome,
            account=admitted.account,
            source=found.path,
            kept=admitted.kept,
            checked=seen.standing is Standing.TAKEN,
            run_out=seen.standing is Standing.RUN_OUT or self._has_run_out(found),
            dry_run=dry_run,
        )

    async def _look(self, found: FoundLogin) -> Look:
        """A token that has run out would be refused whether it was revoked or not."""
        if self._has_run_out(found):
            return Look(standing=Standing.RUN_OUT)
        if self._base_url is None:
            return Look(standing=Standing.UNKNOWN)
        login = found.login
        grant = Grant(
            access_token=login.credentials.access_token,
            workspace=login.identity.workspace,
            fedramp=login.fedramp,
            expires_at=login.credentials.expires_at,
        )
        return await look(self._connect, self._base_url, grant)

    def _has_run_out(self, found: FoundLogin) -> bool:
        return has_run_out(found.login.credentials, self._now())


def _read(path: Path) -> FoundLogin:
    try:
        return read_auth_file(path)
    except CoreError as error:
        kept_in = credential_store_of(path.absolute().parent)
        if error.code == "login_missing" and kept_in is not CredentialStore.FILE:
            message = Sentence(
                "{path}: there is no login; Codex keeps it in “{kept_in}” here.",
                path=path.absolute(),
                kept_in=kept_in,
            )
            hint = 'Set cli_auth_credentials_store = "file" in config.toml and sign in again.'
            raise CoreError("login_not_in_file", message, hint) from None
        raise
