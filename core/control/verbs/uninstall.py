"""uninstall: Codex given back, nothing of ours left that starts; the data stays unless purged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.app import App
from core.control.verb import Arguments
from core.domain.binding import BindState, UndoResult
from core.domain.errors import CoreError, ExitCode
from core.startup.entry import Found, Kind, Standing
from core.storage.purge import our_files, purge
from core.words.trouble import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninstalled:
    """The answer of `uninstall`.

    Attributes:
        dry_run: nothing was changed.
        homes: Codex homes that were given back, or would be.
        entries: what started at login, and does not any more.
        purged: the data that went, or would go.
        exit_code: 6 where somebody's later value was left alone, 1 where a home could not be given
            back; then nothing was purged.
        messages: the same, in sentences.
    """

    dry_run: bool
    homes: tuple[str, ...]
    entries: tuple[str, ...]
    purged: tuple[str, ...]
    exit_code: int
    messages: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Done:
    homes: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.DONE


async def uninstall(app: App, arguments: Arguments) -> Uninstalled:
    """Take back what lies outside the data folder; with `purge` the data too.

    Raises:
        CoreError: `owned`: a Turntable runs; its command line stops it first.
    """
    dry_run, wants_purge = arguments.flag("dry_run"), arguments.flag("purge")
    if app.serving is not None and not dry_run:
        raise CoreError(
            "owned",
            "Turntable runs; nothing was changed.",
            "Stop it first: `turntable stop`, then `turntable uninstall`.",
        )
    done = _Done()
    # The guard's entry goes with the last lease: what is there now is what will have gone.
    entries = [await asyncio.to_thread(app.startup.look, kind) for kind in Kind]
    await _give_back(app, done, dry_run=dry_run)
    await _remove_entries(app, done, entries, dry_run=dry_run)
    if wants_purge and done.exit_code is ExitCode.DONE:
        await _purge(app, done, dry_run=dry_run)
    elif wants_purge:
        done.messages.append(
            app.speech.say("The data was kept: it holds what is needed to give Codex back.")
        )
    elif app.home.root.exists():
        done.messages.append(
            app.speech.say("Accounts and settings stay in {folder}.", folder=app.home.root)
        )
    return Uninstalled(
        dry_run=dry_run,
        homes=tuple(done.homes),
        entries=tuple(done.entries),
        purged=tuple(done.purged),
        exit_code=int(done.exit_code),
        messages=tuple(done.messages),
    )


async def _give_back(app: App, done: _Done, *, dry_run: bool) -> None:
    """End every lease; one that cannot be ended does not keep the others."""
    if not app.home.binds.is_dir():
        return
    if not dry_run:
        await app.leases.recover()
    for home in await app.leases.homes():
        if dry_run:
            await _would_give_back(app, done, home)
            continue
        try:
            receipt = await app.unbind(home, force=False)
        except CoreError as error:
            done.exit_code = ExitCode.FAILED
            done.messages.append(whole(error, app.speech))
            continue
        if receipt.result is UndoResult.LEFT_ALONE:
            done.exit_code = done.exit_code or ExitCode.LEFT_ALONE
            sentence = "Somebody changed openai_base_url in {config} since; it was left alone."
        else:
            done.homes.append(str(home))
            sentence = "{config} is not routed through Turntable any more."
        done.messages.append(app.speech.say(sentence, config=receipt.config))


async def _would_give_back(app: App, done: _Done, home: Path) -> None:
    status = await app.bind_status(home)
    sentence = "The Codex in {home} would get its own address back."
    if status.state is BindState.DRIFTED:
        sentence = "Somebody changed openai_base_url in {home} since; it would be left alone."
        done.exit_code = ExitCode.LEFT_ALONE
    else:
        done.homes.append(str(home))
    done.messages.append(app.speech.say(sentence, home=home))


async def _remove_entries(
    app: App, done: _Done, entries: Sequence[Found], *, dry_run: bool
) -> None:
    for found in entries:
        if found.standing is Standing.ABSENT:
            continue
        sentence = "{place} would be removed."
        if not dry_run:
            await asyncio.to_thread(app.startup.disable, found.kind)
            sentence = "{place} was removed."
        done.entries.append(found.place)
        done.messages.append(app.speech.say(sentence, place=found.place))


async def _purge(app: App, done: _Done, *, dry_run: bool) -> None:
    if dry_run:
        done.purged = [str(path) for path in our_files(app.home)]
        sentence = "Every login, setting and number in {folder} would be gone for good."
    else:
        done.purged = [str(path) for path in await purge(app.home)]
        sentence = "Every login, setting and number in {folder} is gone for good."
    done.messages.append(app.speech.say(sentence, folder=app.home.root))
