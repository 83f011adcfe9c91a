"""The façade in process: verbs performed on the app itself."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta

from core.app import App
from core.control.codec import to_json
from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.verb import Access
from core.domain.errors import CoreError, ExitCode
from core.domain.events import Event, RequestEnded, ShowRequested
from core.domain.report import StatusReport
from core.domain.sentence import Sentence
from core.domain.state import rotation_at
from core.words.trouble import retold

BURST_S = 0.05
"""Changes within this time are shown as one."""
BUSY_S = 0.25
"""The same while something changes all the time: a snapshot takes some milliseconds of the loop."""
LONGEST_PAUSE_S = 60.0
"""How long a snapshot may stand: what changes by the clock alone is seen within it."""


class LocalFacade:
    """Reaches the engine that runs in this process."""

    def __init__(self, app: App) -> None:
        """`app` serves, or holds what a verb needs."""
        self._app = app

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Perform a verb of the table, and say in the person's language how it went.

        Raises:
            CoreError: what happened; exit code usage for an unknown verb or argument.
        """
        speech = self._app.speech
        try:
            result = await self._perform(verb, arguments)
            if VERBS[verb].access is Access.READ:
                # What is read may be long; the streams do not wait until it is JSON.
                result = await asyncio.to_thread(to_json, result, speech.retell)
            else:
                result = to_json(result, speech.retell)
        except CoreError as error:
            raise retold(error, speech) from error
        return result if isinstance(result, dict) else {}

    async def _perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> object:
        known = VERBS.get(verb)
        if known is None:
            raise CoreError(
                "usage", Sentence("There is no verb {verb}.", verb=verb), exit_code=ExitCode.USAGE
            )
        return await known.perform()(self._app, known.check(arguments))

    async def status(self) -> StatusReport:
        """The snapshot as it is now, with the bind of this process's own Codex home."""
        return await self._app.status(self._app.codex_home(None))

    async def watch(
        self, *, traffic: bool = True
    ) -> AsyncGenerator[StatusReport | ShowRequested, None]:
        """The snapshot now and after every change, until the app is asked to stop.

        `traffic`: whether it is a change that a request has ended; to a screen that counts it is.
        """
        app, heard = self._app, _Heard(traffic=traffic)
        forget = app.bus.listen(heard.hear)
        try:
            while not app.stopping.is_set():
                wish = heard.take_wish()
                if wish is not None:
                    yield wish
                report = await self.status()
                if app.stopping.is_set():
                    return  # what a closing app knows is no news
                yield report
                await self._change(heard)
        finally:
            forget()

    async def _change(self, heard: "_Heard") -> None:
        """Wait for a change and what follows at once, or until the clock brings one."""
        try:
            async with asyncio.timeout(self._until_the_clock_changes_it()):
                await heard.something.wait()
        except TimeoutError:
            return
        time = asyncio.get_running_loop().time
        busy = time() - heard.shown_at < BUSY_S
        with suppress(TimeoutError):
            async with asyncio.timeout(BUSY_S if busy else BURST_S):
                await self._app.stopping.wait()
        heard.something.clear()
        heard.shown_at = time()

    def _until_the_clock_changes_it(self) -> float:
        """Seconds until a wait or a window ends by itself."""
        now = self._app.clock.now()
        observed = self._app.observed
        ends = [block.until for blocks in observed.blocks.values() for block in blocks]
        ends += [
            window.resets_at
            for quota in observed.quotas.values()
            for window in quota.windows.values()
            if window.resets_at is not None
        ]
        until = rotation_at(self._app.state, now).until
        ends += [until] if until is not None else []
        longest = timedelta(seconds=LONGEST_PAUSE_S)
        pauses = [end - now for end in ends if end > now]
        return min([*pauses, longest]).total_seconds()


class _Heard:
    """That something happened since the last look, and what was last wished to be seen.

    Not a queue: however slowly a face takes its snapshots, nothing piles up behind it.
    """

    def __init__(self, *, traffic: bool) -> None:
        self._traffic = traffic
        self.something = asyncio.Event()
        self.shown_at = 0.0
        self._wish: ShowRequested | None = None

    def hear(self, event: Event) -> None:
        if isinstance(event, RequestEnded) and not self._traffic:
            return
        if isinstance(event, ShowRequested):
            self._wish = event
        self.something.set()

    def take_wish(self) -> ShowRequested | None:
        wish, self._wish = self._wish, None
        return wish
