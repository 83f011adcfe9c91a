"""Where Codex lives on this machine: its homes, its program, and where it keeps its login."""

import asyncio
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from core.codex_home.program import environment, running
from core.domain.errors import CoreError

_VERSION_S = 10.0
_VERSION = re.compile(r"\b(\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.-]+)?)")


class CredentialStore(StrEnum):
    """Where Codex keeps its login: `cli_auth_credentials_store` of config.toml."""

    FILE = "file"
    KEYRING = "keyring"
    AUTO = "auto"
    """The keyring, or the file where there is none."""
    EPHEMERAL = "ephemeral"
    """In memory only."""


def home_in_force(env: Mapping[str, str], user_home: Path) -> Path:
    """The CODEX_HOME that a `codex` started with `env` uses (absolute)."""
    named = env.get("CODEX_HOME")
    return Path(named).absolute() if named else user_home / ".codex"


def codex_homes(env: Mapping[str, str], user_home: Path) -> tuple[Path, ...]:
    """The homes that exist, the one in force first."""
    both = (home_in_force(env, user_home), user_home / ".codex")
    return tuple(home for home in dict.fromkeys(both) if home.is_dir())


def find_program(env: Mapping[str, str]) -> Path | None:
    """The installed `codex` that a shell would start; None when there is none on PATH."""
    found = shutil.which("codex", path=env.get("PATH"))
    return Path(found) if found else None


def find_programs(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Every different `codex` on PATH, the one that a shell would start first."""
    found: dict[str, Path] = {}
    for folder in (env.get("PATH") or "").split(os.pathsep):
        named = shutil.which("codex", path=folder) if folder else None
        if named:
            found.setdefault(os.path.realpath(named), Path(named))
    return tuple(found.values())


async def version_of(
    program: Path, *, home: Path, env: Mapping[str, str], timeout_s: float = _VERSION_S
) -> str | None:
    """What `codex --version` says, e.g. `0.169.0`; None when it does not start, end or say."""
    try:
        async with running(program, "--version", env=environment(env, home)) as conversation:
            async with asyncio.timeout(timeout_s):
                said = await conversation.stdout.read()
    except (CoreError, TimeoutError):
        return None
    match = _VERSION.search(said.decode("utf-8", "replace"))
    return match.group(1) if match else None


def credential_store(config_toml: str) -> CredentialStore:
    """The store that a config.toml names; `file`, Codex's default, where it names none.

    A text that is no TOML says nothing: Codex itself refuses to start with it.
    """
    try:
        named = tomllib.loads(config_toml).get("cli_auth_credentials_store")
        return CredentialStore(str(named))
    except (tomllib.TOMLDecodeError, ValueError):
        return CredentialStore.FILE


def credential_store_of(home: Path) -> CredentialStore:
    """The store of one home; blocking, a missing config.toml means the default."""
    try:
        return credential_store((home / "config.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return CredentialStore.FILE
