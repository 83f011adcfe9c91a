"""Gathers what the snapshot is made from, whoever asks: an owner, or a verb that only reads."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import reports
from core.binding.leases import Leases
from core.domain.errors import CoreError
from core.domain.observed import Observed
from core.domain.report import BindReport, LastHour, NoticeReport, StatusReport, VaultReport
from core.domain.state import State
from core.domain.version import VERSION
from core.runtime.clock import Clock
from core.runtime.paths import Home
from core.storage.kept_backups import made_at
from core.storage.ledger import count_last_hour, read_ledger
from core.storage.looking_over import newest_backup
from core.storage.settings_file import Configuration
from core.storage.vault import read_backend
from core.words.speech import Speech

if TYPE_CHECKING:
    from core.storage.data_folder import DataFolder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the parts of a snapshot come from.

    Attributes:
        home: the data folder.
        configuration: the settings with their warnings.
        leases: knows how a Codex home is bound.
        folder: the owned data folder; None for a verb that only reads.
        on_show: adds what only a serving process knows; None when none serves here.
        clock: the time.
        speech: what sentences are said in.
    """

    home: Home
    configuration: Configuration
    leases: Leases
    folder: "DataFolder | None"
    on_show: Callable[[reports.Engine, State], reports.Engine] | None
    clock: Clock
    speech: Speech


async def take_snapshot(
    sources: Sources, state: State, observed: Observed, *, codex_home: Path
) -> StatusReport:
    """The whole snapshot as of now, with the bind of `codex_home`.

    Raises:
        CoreError: the vault's file cannot be read.
    """
    last_hour = await _last_hour(sources)
    engine = reports.Engine(
        version=VERSION,
        home=str(sources.home.root),
        bind=await _bind(sources, codex_home),
        vault=_vault(sources),
        notices=(
            *_notices(sources, ledger=last_hour is not None),
            *([] if state.accounts else await _offered(sources)),
        ),
        last_hour=last_hour or reports.QUIET,
    )
    if sources.on_show is not None:
        engine = sources.on_show(engine, state)
    return reports.status(
        engine=engine,
        state=state,
        observed=observed,
        routing=sources.configuration.settings.routing,
        now=sources.clock.now(),
        speech=sources.speech,
    )


async def _bind(sources: Sources, codex_home: Path) -> BindReport:
    status = await sources.leases.status(codex_home)
    return BindReport(
        state=status.state.value,
        mode="base-url",
        codex_home=str(status.codex_home),
        since=status.since,
    )


def _vault(sources: Sources) -> VaultReport:
    if sources.folder is None:
        return VaultReport(backend=read_backend(sources.home.vault), locked=False)
    vault = sources.folder.vault
    return VaultReport(backend=vault.backend, locked=vault.locked)


async def _last_hour(sources: Sources) -> LastHour | None:
    """Counts of the ledger; None when it cannot be read, which must not hide the rest."""
    now = sources.clock.now()
    try:
        if sources.folder is not None:
            return await sources.folder.ledger.last_hour(now)
        counted = read_ledger(sources.home.ledger, lambda file: count_last_hour(file, now))
    except CoreError as error:
        _log.warning("the ledger cannot be read: %s", error)
        return None
    return counted or reports.QUIET


async def _offered(sources: Sources) -> tuple[NoticeReport, ...]:
    """A backup of our own, where there is no account: the file was lost, or all were removed."""
    try:
        path = await asyncio.to_thread(newest_backup, sources.home.backups)
    except CoreError as error:
        _log.warning("the backups cannot be looked at: %s", error)
        return ()
    made = None if path is None else made_at(path.name)
    if path is None or made is None:
        return ()
    text = sources.speech.say(
        "There is no account, and a backup of {time} is here: `turntable restore {file}` brings "
        "its accounts back.",
        time=sources.speech.clock(made, sources.clock.now()),
        file=path,
    )
    return (NoticeReport(code="backup_here", text=text),)


def _notices(sources: Sources, *, ledger: bool) -> tuple[NoticeReport, ...]:
    say, retell = sources.speech.say, sources.speech.retell
    warnings = sources.configuration.warnings
    notices = [NoticeReport(code="settings", text=retell(text)) for text in warnings]
    notices += [NoticeReport(code=e.code, text=retell(e.message)) for e in sources.leases.troubles]
    if not ledger:
        text = say("The record of requests cannot be read; counts are missing.")
        notices.append(NoticeReport(code="ledger", text=text))
    if (unguarded := sources.leases.guard_trouble) is not None:
        notices.append(NoticeReport(code=unguarded.code, text=retell(unguarded.message)))
    if (lost := sources.leases.lost_port) is not None:
        text = say(
            "Another program has taken port {port}; new Codex chats use another one. Chats that "
            "were open must be opened again.",
            port=lost,
        )
        notices.append(NoticeReport(code="port_lost", text=text))
    if sources.folder is not None and (trouble := sources.folder.store.trouble) is not None:
        notices.append(NoticeReport(code=trouble.code, text=trouble.message))
    if sources.folder is not None and sources.folder.vault.locked:
        text = say("Your logins are locked; nothing can be sent.")
        notices.append(NoticeReport(code="locked", text=text))
    return tuple(notices)
