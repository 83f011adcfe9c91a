"""What makes a Codex go its own way although its home is bound. Pure.

Its own configuration layers are asked of Codex itself; these are what it does not tell: profiles,
which count only in runs that name them, and variables, which count where they are set.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from core.binding.codex_toml import KEY

_KEYS = (KEY, "model_provider")
_LOGINS = ("CODEX_API_KEY", "CODEX_ACCESS_TOKEN")
_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDetour:
    """A profile that goes elsewhere: `codex -p NAME`, by this key of its file."""

    profile: str
    key: str


def profile_detours(profiles: Mapping[str, bytes]) -> tuple[ProfileDetour, ...]:
    """The profiles that set where Codex goes.

    Args:
        profiles: name → content of `NAME.config.toml`. One that is not valid TOML cannot be used,
            and goes nowhere.
    """
    found = []
    for profile, content in sorted(profiles.items()):
        try:
            document = tomllib.loads(content.decode("utf-8-sig"))
        except ValueError:
            continue
        found += [ProfileDetour(profile=profile, key=key) for key in _KEYS if key in document]
    return tuple(found)


def login_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that Codex takes a login from, past the one that it keeps."""
    return tuple(name for name in _LOGINS if environment.get(name))


def swallowed_by(environment: Mapping[str, str]) -> str | None:
    """The variable that sends plain loopback requests to an egress proxy; None where none does.

    Codex speaks plain HTTP to us, so HTTPS_PROXY alone is no trap.
    """
    spared = _spared(environment)
    return next((name for name in _PROXIES if environment.get(name) and not spared), None)


def _spared(environment: Mapping[str, str]) -> bool:
    named = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    hosts = {part.strip() for part in named.split(",")}
    return "*" in hosts or "127.0.0.1" in hosts or "127.0.0.0/8" in hosts
