"""A real browser: headless Chromium, driven over its DevTools pipe, that reaches loopback alone."""

import asyncio
import fcntl
import itertools
import json
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.fakes.process import die_with_parent

_WAIT_S = 30.0
_MOMENT_S = 0.2
_END = b"\0"
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # the suite may run as root
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-pipe",
)


class Chromium:
    """`async with Chromium(folder) as browser: await browser.open(address)`; one page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._session = ""

    async def __aenter__(self) -> Self:
        self._process, reader, self._writer = await _start(self._folder)
        self._listening = asyncio.get_running_loop().create_task(
            self._listen(reader), name="chromium"
        )
        try:
            targets = await self._call("Target.getTargets")
            (page,) = (one for one in targets["targetInfos"] if one["type"] == "page")
            attached = await self._call(
                "Target.attachToTarget", targetId=page["targetId"], flatten=True
            )
            self._session = attached["sessionId"]
            await self._call("Page.enable")
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()

    async def open(self, address: str) -> None:
        """Go to an address, redirects followed; an address that nobody answers is an end too."""
        self._loaded.clear()
        await self._call("Page.navigate", url=address)

    async def fill(self, selector: str, text: str) -> None:
        """Type into a field, once it is there."""
        await self.see(selector)
        await self._evaluate(f"document.querySelector({selector!r}).value = {json.dumps(text)}")

    async def click(self, selector: str) -> None:
        """Press a button, once it is there; what that leads to is waited for by `see`."""
        await self.see(selector)
        self._loaded.clear()
        await self._evaluate(f"document.querySelector({selector!r}).click()")

    async def see(self, selector: str) -> str:
        """Wait until the page shows it; its text."""
        async with asyncio.timeout(_WAIT_S):
            while True:
                text = await self._evaluate(
                    "document.readyState === 'complete'"
                    f" ? document.querySelector({selector!r})?.textContent : undefined"
                )
                if isinstance(text, str):
                    return text
                await self._something_new()

    async def address(self) -> str:
        """What stands in the address bar, also when nobody answered there."""
        history = await self._call("Page.getNavigationHistory")
        if "entries" not in history:
            return ""  # it is on its way to somewhere
        url: str = history["entries"][history["currentIndex"]]["url"]
        return url

    async def ended_at(self, beginning: str) -> str:
        """Wait until the address bar shows an address that begins so."""
        async with asyncio.timeout(_WAIT_S):
            while not (found := await self.address()).startswith(beginning):
                await self._something_new()
        return found

    async def _something_new(self) -> None:
        """A page was loaded; or a moment has passed, in which one may have been, unheard."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT_S):
                await self._loaded.wait()
        self._loaded.clear()

    async def _evaluate(self, expression: str) -> object:
        answer = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._writer.write(json.dumps(message).encode() + _END)
        async with asyncio.timeout(_WAIT_S):
            return await answer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                message = json.loads((await reader.readuntil(_END))[:-1])
                answer = self._answers.pop(message.get("id"), None)
                if answer is not None and not answer.done():
                    # A page that goes away in the middle answers with an error: nothing was seen.
                    answer.set_result(message.get("result", {}))
                elif message.get("method") == "Page.loadEventFired":
                    self._loaded.set()

    async def _leave(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._writer.close()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


async def _start(folder: Path) -> tuple[Process, asyncio.StreamReader, asyncio.StreamWriter]:
    """Chromium, which reads commands on descriptor 3 and answers on 4."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Away from 3 and 4, which the shell is about to set; bash, since dash knows one digit only.
    handed = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (theirs_in, theirs_out)]
    script = f'exec "$@" 3<&{handed[0]} 4>&{handed[1]}'
    profile = folder / "chromium"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, "bash", "chromium", *_OPTIONS, f"--user-data-dir={profile}",
        "about:blank",
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        pass_fds=handed,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    for one in (theirs_in, theirs_out, *handed):
        os.close(one)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours_in, "rb")
    )
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(ours_out, "wb")
    )
    return process, reader, asyncio.StreamWriter(transport, protocol, reader, loop)
