"""The table of checks, in the order in which a person wants to read them."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from core.doctor import codex_checks, engine_checks, neighbour_checks, path_checks
from core.doctor.finding import Finding, Health, Look, Subject

CHECKS: Mapping[str, Look] = MappingProxyType(
    {
        "listener": engine_checks.listener,
        "path": path_checks.path,
        "bind": codex_checks.bind,
        "in-force": codex_checks.in_force,
        "login": codex_checks.login,
        "accounts": engine_checks.accounts,
        "vault": engine_checks.vault,
        "port": engine_checks.port,
        "clock": path_checks.clock,
        "egress": codex_checks.egress,
        "other-tools": neighbour_checks.other_tools,
        "detours": neighbour_checks.detours,
        "folder": engine_checks.folder,
    }
)

_GRAVER = (Health.GOOD, Health.UNKNOWN, Health.ODD, Health.BAD)


async def examine(subject: Subject, only: str | None = None) -> tuple[Finding, ...]:
    """Run the checks, at once; each one's finding stands at its place in the table."""
    looks = [look for name, look in CHECKS.items() if only in (None, name)]
    return tuple(await asyncio.gather(*(look(subject) for look in looks)))


def worst(findings: tuple[Finding, ...]) -> Health:
    """How the whole stands; good where nothing was looked at."""
    return max((f.health for f in findings), key=_GRAVER.index, default=Health.GOOD)
