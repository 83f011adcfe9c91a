"""Tells what happened beyond the desktop: to an ntfy topic, or to a command of the user's.

This is how `serve` tells anyone. The desktop's own messages are the tray's.
"""

import asyncio
import json
import logging
import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from core.app import App
from core.control.codec import to_json
from core.control.local import LocalFacade
from core.domain.events import ShowRequested
from core.domain.happening import Happening, HappeningKind, happenings, is_quiet, is_told
from core.domain.report import StatusReport
from core.runtime.tasks import Tasks
from core.words.happenings import title, told

if TYPE_CHECKING:
    import httpx

    from core.asking import Asking

PATIENCE_S = 10.0
"""How long a topic or a command may take."""

_GRAVE = frozenset({HappeningKind.EMPTY, HappeningKind.SIGN_IN, HappeningKind.ROUTING})
_log = logging.getLogger(__name__)


class Teller:
    """Follows the snapshots from `start` to `close`; settings are read when something happens."""

    def __init__(self, app: App, facade: LocalFacade) -> None:
        """Starts nothing."""
        self._app = app
        self._facade = facade
        self._asking: Asking | None = None
        self._tasks = Tasks("telling")
        self._following: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to follow."""
        self._following = self._tasks.start(self._follow(), name="follow")

    async def settled(self) -> None:
        """Wait until the engine has ended and everything that happened was told."""
        if self._following is not None:
            await self._following
        while self._telling:
            await asyncio.wait(self._telling)

    async def close(self) -> None:
        """Follow no longer; what is being told is broken off."""
        await self._tasks.close()

    async def _follow(self) -> None:
        before: StatusReport | None = None
        # Nothing happens to an account by a request that has ended well, and snapshots cost time.
        async for seen in self._facade.watch(traffic=False):
            if isinstance(seen, ShowRequested):
                continue
            if before is not None:
                self._compare(before, seen)
            before = seen

    def _compare(self, before: StatusReport, after: StatusReport) -> None:
        settings, now = self._app.settings.notify, self._app.clock.now()
        if not (settings.ntfy_url or settings.command):
            return
        if is_quiet(settings, now, self._app.speech.zone):
            return
        for happening in happenings(before, after, settings):
            if is_told(happening, settings):
                telling = self._tasks.start(self._tell(happening, now), name=happening.kind)
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    async def _tell(self, happening: Happening, now: datetime) -> None:
        settings = self._app.settings.notify
        text = told(happening, now, self._app.speech)
        if settings.ntfy_url:
            await self._to_topic(settings.ntfy_url, happening, text)
        if settings.command:
            await self._to_command(settings.command, happening, text)

    async def _to_topic(self, url: str, happening: Happening, text: str) -> None:
        """Publish as JSON-free plain text (docs.ntfy.sh/publish): the body is the message."""
        import httpx

        grave = happening.kind in _GRAVE
        headers = {"Priority": "high" if grave else "default", "Tags": happening.kind.value}
        heading = title(happening, self._app.speech)
        try:
            async with self._client() as client, asyncio.timeout(PATIENCE_S):
                answer = await client.post(
                    url, content=text.encode(), headers=headers, params={"title": heading}
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.warning("the ntfy topic was not told: %s", type(error).__name__)
            return
        if answer.is_error:
            _log.warning("the ntfy topic was not told: status %s", answer.status_code)

    async def _to_command(self, command: str, happening: Happening, text: str) -> None:
        record = {**_record(happening), "text": text, "title": title(happening, self._app.speech)}
        try:
            words = shlex.split(command)
            async with asyncio.timeout(PATIENCE_S):
                process = await asyncio.create_subprocess_exec(
                    *words,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                await process.communicate(json.dumps(record).encode())
        except (OSError, ValueError, TypeError, TimeoutError) as error:
            _log.warning("notify.command was not run to its end: %s", type(error).__name__)
            return
        if process.returncode:
            _log.warning("notify.command ended with %s", process.returncode)

    def _client(self) -> "httpx.AsyncClient":
        """Imported where it is used: a verb that only reads imports its owner too, in a hurry."""
        if self._asking is None:
            from core.asking import Asking

            self._asking = Asking(settings=lambda: self._app.settings)
        return self._asking.connect()


def _record(happening: Happening) -> dict[str, object]:
    record = to_json(happening)
    return dict(record) if isinstance(record, dict) else {}
