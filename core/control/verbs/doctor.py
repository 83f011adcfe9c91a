"""doctor: what is wrong, found on the real path, and mended where that is one step."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.app import App
from core.binding import local_providers
from core.binding.bind_lock import BindLock
from core.control.verb import Arguments
from core.doctor.doctor import examine, worst
from core.doctor.finding import Finding, Health, Subject
from core.doctor.neighbour_checks import dead_providers
from core.domain.errors import CoreError, ExitCode
from core.runtime.net import connector

if TYPE_CHECKING:
    import httpx

_HERE_S = 20.0
"""How long an answer of our own listener may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The answer of `doctor`.

    Attributes:
        health: the worst of all.
        findings: one for each check.
        fixed: the checks whose fix was made, or would be with `--dry-run`.
        dry_run: nothing was changed.
        messages: a line for each finding, then what was changed, or would be.
        exit_code: 1 when something is bad.
    """

    health: str
    findings: tuple[Finding, ...]
    fixed: tuple[str, ...]
    dry_run: bool
    messages: tuple[str, ...]
    exit_code: int


async def doctor(app: App, arguments: Arguments) -> Diagnosis:
    """Look; with `fix`, make what can be mended good, and look again."""
    home, only = app.codex_home(arguments.text("codex_home")), arguments.text("check")
    findings = await examine(await subject(app, home), only)
    wanted = [finding for finding in findings if finding.fix] if arguments.flag("fix") else []
    if wanted and not arguments.flag("dry_run"):
        fixes = _fixes(app, home)
        for finding in wanted:
            await fixes[finding.check]()
        findings = await examine(await subject(app, home), only)
    health = worst(findings)
    return Diagnosis(
        health=health.value,
        findings=findings,
        fixed=tuple(finding.check for finding in wanted),
        dry_run=arguments.flag("dry_run"),
        messages=(*_lines(findings), *(finding.fix for finding in wanted)),
        exit_code=int(ExitCode.FAILED if health is Health.BAD else ExitCode.DONE),
    )


_SIGNS = {Health.GOOD: "✓", Health.UNKNOWN: "·", Health.ODD: "!", Health.BAD: "✗"}


def _lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield f"{_SIGNS[finding.health]} {finding.title}: {finding.text}"
        if finding.hint:
            yield f"    {finding.hint}"


def _fixes(app: App, home: Path) -> dict[str, Callable[[], Awaitable[object]]]:
    """How a check's finding is mended; only these checks ever offer a fix."""

    async def close_folder() -> None:
        app.home.root.chmod(0o700)

    async def forget_choice() -> None:
        lock = BindLock(app.home.bind_lock)
        for provider in await dead_providers(home):
            if provider.chosen:
                await asyncio.to_thread(
                    local_providers.forget_choice,
                    home,
                    provider.name,
                    lock=lock,
                    random_bytes=secrets.token_bytes,
                )

    return {
        "other-tools": forget_choice,
        "bind": lambda: app.bind(home, replace=False, rotate=False),
        "folder": close_folder,
    }


async def subject(app: App, home: Path) -> Subject:
    """Everything that checks look at, as it is now."""

    def connect_here() -> "httpx.AsyncClient":
        import httpx

        # Neither an egress proxy nor the environment has a say on this machine's own loopback.
        return httpx.AsyncClient(trust_env=False, timeout=_HERE_S)

    port, serving = app.port, app.serving
    try:
        plan = await app.bind_plan(home, port or app.settings.proxy.port)
    except CoreError:
        plan = None  # `bind status` says why, in its own finding
    status = await app.bind_status(home)
    secret = next(
        (
            lease.secret.value
            for lease in app.leases.secrets
            if lease.stale_until is None and lease.codex_home == status.codex_home
        ),
        None,
    )
    return Subject(
        report=await app.status(home),
        settings=app.settings,
        data_folder=app.home.root,
        bind=status,
        plan=plan,
        environment=app.environment,
        port=port,
        identity=None if serving is None else serving.identity(),
        secret=secret,
        connect=connector(app.settings.upstream),
        connect_here=connect_here,
        now=app.clock.now(),
        nonce=secrets.token_hex(8),
        speech=app.speech,
    )
