"""bundle: what a stranger needs to help, in one file that may be handed to a stranger.

No token, no e-mail, no name: accounts are `#N`, folders end at `~`. What is not known to be
harmless is left out: free texts of the settings are only said to be set.
"""

import asyncio
import io
import json
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.app import App
from core.control.codec import to_json
from core.control.facade import JsonValue
from core.control.verb import Arguments
from core.control.verbs.doctor import subject
from core.doctor.discretion import Discretion, masked, stand_ins
from core.doctor.doctor import examine
from core.domain.report import AccountReport, StatusReport, WorkspaceReport
from core.domain.settings import declarations
from core.domain.state import State
from core.domain.version import VERSION
from core.runtime.logs import redact
from core.storage.backups import write_new
from core.storage.database import stored_version
from core.storage.ledger import LEDGER_SCHEMA
from core.storage.schema import VAULT_SCHEMA

LOG_LINES = 500
_LONGEST_LINE = 2_000
_READ_AT_MOST = 512 * 1024
_OFFICIAL = frozenset({"chatgpt.com", "auth.openai.com"})
_NOBODY = WorkspaceReport(id="", name="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """The answer of `bundle`: the file, what is in it, and the same in sentences."""

    file: str
    parts: tuple[str, ...]
    messages: tuple[str, ...]


async def bundle(app: App, arguments: Arguments) -> Bundled:
    """Look, mask, and write a new file; it never overwrites one."""
    now = app.clock.now()
    named = arguments.text("file")
    path = Path(named) if named else app.user_home / f"turntable-bundle-{now:%Y%m%d-%H%M%S}.zip"
    home = app.codex_home(arguments.text("codex_home"))
    discretion = _discretion(app, home)
    parts = {
        "about.json": _about(now),
        "doctor.json": to_json(await examine(await subject(app, home))),
        "status.json": to_json(_status(await app.status(home))),
        "settings.json": _settings(app),
        "schemas.json": await asyncio.to_thread(_schemas, app),
    }
    texts = {name: _json(masked(part, discretion)) for name, part in parts.items()}
    texts["log.txt"] = discretion.mask(redact(await asyncio.to_thread(_log_tail, app.home.log)))
    await asyncio.to_thread(write_new, path, _zip(texts, now))
    say = app.speech.say
    return Bundled(
        file=str(path),
        parts=tuple(texts),
        messages=(
            say("Written: {file}.", file=path),
            say("It holds no login, no e-mail and no name: accounts are #N, folders end at ~."),
            say("Look into it before you hand it on; it is an ordinary zip file."),
        ),
    )


def _discretion(app: App, codex_home: Path) -> Discretion:
    state, folders = app.state, {}
    for folder, stands in (
        (app.home.root, "(data folder)"),
        (codex_home, "(Codex home)"),
        (app.user_home, "~"),
    ):
        folders[str(folder)] = stands
        folders[str(folder.resolve())] = stands
    ordered = sorted(folders.items(), key=lambda pair: len(pair[0]), reverse=True)
    return Discretion(words=_words(app, state), folders=ordered, hosts=_OFFICIAL)


def _words(app: App, state: State) -> dict[str, str]:
    accounts = (*state.accounts.values(), *(one.account for one in state.removed.values()))
    words = stand_ins(
        (
            one.number,
            (
                one.label, one.email, one.id, one.identity.user, one.identity.workspace,
                one.workspace_name, one.note, *one.tags,
            ),
        )
        for one in accounts
    )  # fmt: skip
    for client in state.clients.values():
        words.setdefault(client.label, "(client)")
    for pool in state.pools.values():
        words.setdefault(pool.name, "(pool)")
    words.setdefault(app.user_home.name, "(user)")
    if host := platform.node():
        words.setdefault(host, "(machine)")
    return {word: stands for word, stands in words.items() if word}


def _about(now: datetime) -> JsonValue:
    return {
        "version": VERSION,
        "made_at": to_json(now),
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
    }


def _status(report: StatusReport) -> StatusReport:
    return replace(report, accounts=tuple(_anonymous(one) for one in report.accounts))


def _anonymous(account: AccountReport) -> AccountReport:
    """What a person called it, and who it is, taken out; what it can do stays."""
    return replace(
        account, label=f"#{account.number}", email="", workspace=_NOBODY, tags=(), note=""
    )


def _settings(app: App) -> JsonValue:
    """Numbers, switches and choices as they are; of free texts only whether they are set."""
    shown: dict[str, JsonValue] = {}
    for key, declaration in declarations().items():
        explained = app.configuration.explain(key)
        harmless = bool(declaration.choices) or isinstance(explained.value, bool | int | float)
        usual = explained.source.value == "default"
        value = to_json(explained.value) if harmless or usual else "(set)"
        shown[key] = {"value": value, "source": explained.source.value}
    return shown


def _schemas(app: App) -> JsonValue:
    files = {
        "vault.db": (app.home.vault, VAULT_SCHEMA),
        "ledger.db": (app.home.ledger, LEDGER_SCHEMA),
    }
    return {
        name: {"stored": stored_version(path), "known": len(schema.steps)}
        for name, (path, schema) in files.items()
    }


def _log_tail(folder: Path) -> str:
    """The newest lines; a line that is longer than anybody reads is cut."""
    try:
        with (folder / "turntable.log").open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - _READ_AT_MOST))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return "".join(f"{line[:_LONGEST_LINE]}\n" for line in lines[-LOG_LINES:])


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _zip(texts: Mapping[str, str], now: datetime) -> bytes:
    content = io.BytesIO()
    made = (now.year, now.month, now.day, now.hour, now.minute, now.second)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in texts.items():
            file.writestr(zipfile.ZipInfo(name, made), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
