"""What would defeat a switch, found before anything is written."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from core.codex_home.find import CredentialStore, credential_store_of
from core.domain.account import Account, Refresher
from core.domain.claims import read_claims
from core.domain.credentials import Credentials
from core.domain.observed import Observed
from core.domain.sentence import Sentence
from core.switch.receipt import Result, Step

type Config = Mapping[str, object]


ALLOWED_METHODS = "allowed_login_methods"
"""What a managed requirement says of the ways to sign in; Codex answers it apart from the rest."""


def check_store(home: Path, config: Config) -> Step:
    """The login must lie in the file: a keyring's is not ours to write.

    What is in force counts, which may come from a managed file; else what config.toml says.
    """
    named = config.get("cli_auth_credentials_store")
    store = named if isinstance(named, str) and named else credential_store_of(home).value
    if store == CredentialStore.FILE:
        return Step(name="store", result=Result.DONE)
    because = Sentence(
        "Codex keeps its login in “{store}” here; only a file can be switched "
        '(cli_auth_credentials_store = "file").',
        store=store,
    )
    return Step(name="store", result=Result.FAILED, because=because)


def check_forced(config: Config, account: Account | None) -> Step:
    """A login that the configuration forbids would be deleted by the next command of Codex."""
    forced, allowed = config.get("forced_login_method"), _texts(config.get(ALLOWED_METHODS))
    if forced not in (None, "", "chatgpt") or (allowed and "chatgpt" not in allowed):
        because = Sentence("Codex's configuration forces another way to sign in.")
        return Step(name="forced", result=Result.FAILED, because=because)
    workspaces = _texts(config.get("forced_chatgpt_workspace_id"))
    if account is not None and workspaces and account.identity.workspace not in workspaces:
        because = Sentence(
            "Codex's configuration forces another workspace than that of {label}.",
            label=account.label,
        )
        return Step(name="forced", result=Result.FAILED, because=because)
    return Step(name="forced", result=Result.DONE)


def check_running(pids: Iterable[int] | None) -> Step:
    """A running Codex keeps its old login, and would fail for good at its next 401."""
    if pids is None:
        because = Sentence("This system does not tell which programs run with this home.")
        return Step(name="running", result=Result.SKIPPED, because=because)
    found = ", ".join(map(str, sorted(pids)))
    if found:
        because = Sentence(
            "Codex runs with this home (process {found}): close it first.", found=found
        )
        return Step(name="running", result=Result.FAILED, because=because)
    return Step(name="running", result=Result.DONE)


def check_account(account: Account, observed: Observed, source: Path) -> Step:
    """Only a login that nobody else refreshes can be handed to Codex."""
    because = Sentence("")
    if account.refresher is Refresher.ELSEWHERE:
        because = (
            Sentence("{label} is Codex's login here already.", label=account.label)
            if account.source == str(source)
            else Sentence(
                "The login of {label} belongs to {source}; a second Codex would end it "
                "for both. Sign it in here first: `turntable login --again`.",
                label=account.label,
                source=account.source,
            )
        )
    elif account.id in observed.signed_out:
        because = Sentence("{label} is signed out.", label=account.label)
    elif account.id in observed.unverified:
        because = Sentence(
            "It is not certain that the newest login of {label} is here.", label=account.label
        )
    result = Result.FAILED if because else Result.DONE
    return Step(name="account", result=result, because=because)


def check_tokens(credentials: Credentials, now: datetime) -> Step:
    """An id_token that has run out alone makes the desktop app ask for a sign-in."""
    claims = read_claims(credentials.id_token)
    ends = None if claims is None else claims.expires_at
    if ends is not None and ends <= now:
        because = Sentence("Its id_token has run out: the desktop app may ask for a sign-in once.")
        return Step(name="tokens", result=Result.SKIPPED, because=because)
    return Step(name="tokens", result=Result.DONE)


def config_in_file(home: Path) -> Config:
    """What config.toml says, where no Codex can be asked; nothing when it cannot be read."""
    try:
        return tomllib.loads((home / "config.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def running_codex(home: Path, *, proc: Path = Path("/proc")) -> tuple[int, ...] | None:
    """The processes of our user that are a Codex of this home; None where nobody tells."""
    if not (proc / "self").exists():
        return None
    wanted = os.path.realpath(home)
    found = []
    for folder in proc.glob("[0-9]*"):
        try:
            program = (folder / "exe").readlink().name
            if not program.startswith("codex") or folder.stat().st_uid != os.getuid():
                continue
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or is not ours
        if os.path.realpath(_home_in(environment)) == wanted:
            found.append(int(folder.name))
    return tuple(found)


def _home_in(environment: Iterable[bytes]) -> str:
    named = dict(entry.split(b"=", 1) for entry in environment if b"=" in entry)
    if home := named.get(b"CODEX_HOME"):
        return os.fsdecode(home)
    return str(Path(os.fsdecode(named.get(b"HOME", b""))) / ".codex")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(part) for part in value) if isinstance(value, list | tuple) else ()
