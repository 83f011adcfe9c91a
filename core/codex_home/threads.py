"""The threads that Codex itself lists, asked of its app-server.

Its default list holds only threads of the provider in force, which is why a bind keeps the provider
(PROTOCOL §3); with `modelProviders: []` it lists every provider's. Observed with 0.169.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from core.codex_home.app_server import AppServer
from core.codex_home.messages import Fields, as_fields, as_text

PAGE = 100
"""How many are asked for at once."""
MOST = 1000
"""Beyond them nobody scrolls."""
_SOURCES = ["cli", "vscode", "exec", "appServer"]
_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexThread:
    """One thread.

    Attributes:
        id: Codex's own.
        title: its name, else how its first message begins.
        provider: the id of the one that it belongs to.
        model: empty when Codex does not say.
        updated_at: None when Codex does not say.
        folder: where it works; empty when Codex does not say.
        source: which program began it (`cli`, `exec`, …).
    """

    id: str
    title: str
    provider: str
    model: str
    updated_at: datetime | None
    folder: str
    source: str


async def list_threads(
    server: AppServer, *, all_providers: bool, most: int = MOST
) -> tuple[CodexThread, ...]:
    """The newest threads, newest first, page by page.

    Raises:
        CoreError: `codex_silent` or `codex_refused`.
    """
    wish: dict[str, object] = {"sourceKinds": _SOURCES, "limit": min(PAGE, most)}
    if all_providers:
        wish["modelProviders"] = []
    found: dict[str, CodexThread] = {}
    while len(found) < most:
        answer = await server.request("thread/list", wish)
        fresh = {one.id: one for one in threads_in(answer) if one.id not in found}
        found |= fresh
        cursor = as_text(answer.get("nextCursor"))
        if not cursor or not fresh:
            break
        wish["cursor"] = cursor
    return tuple(found.values())[:most]


def threads_in(answer: Fields) -> tuple[CodexThread, ...]:
    """The threads of one page; what has no id is passed over."""
    data = answer.get("data")
    read = (_thread(as_fields(entry)) for entry in (data if isinstance(data, list) else []))
    return tuple(one for one in read if one.id)


def _thread(fields: Fields) -> CodexThread:
    return CodexThread(
        id=as_text(fields.get("id")),
        title=_title(fields),
        provider=as_text(fields.get("modelProvider")),
        model=as_text(fields.get("model")),
        updated_at=_moment(fields.get("updatedAt")),
        folder=as_text(fields.get("cwd")),
        source=as_text(fields.get("source")),
    )


def _title(fields: Mapping[str, object]) -> str:
    """One line that a terminal can show as it is."""
    text = as_text(fields.get("name")) or as_text(fields.get("preview"))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"


def _moment(found: object) -> datetime | None:
    """Seconds since 1970."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        return None
