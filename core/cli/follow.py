"""`turntable log -f`: each request as it ends, for as long as the owner runs."""

import json
from collections.abc import Mapping
from typing import TextIO

from core.cli.render import Reader, log_line
from core.control.remote import RemoteFacade
from core.domain.errors import ExitCode
from core.runtime.clock import SystemClock
from core.runtime.language import local_speech
from core.runtime.paths import turntable_home

_AT_ONCE = 200
"""Requests that may end between two looks; with more the oldest of them are not shown."""


async def follow_log(environment: Mapping[str, str], *, as_json: bool, out: TextIO) -> int:
    """Print the newest requests, then each that ends, one a line.

    Raises:
        CoreError: exit code 5, no owner runs.
    """
    remote = RemoteFacade(turntable_home(environment).control)
    clock, speech = SystemClock(), local_speech()
    seen: dict[str, None] = {}
    async for _ in remote.watch():
        answer = await remote.perform("log", {"last": _AT_ONCE})
        rows = answer.get("requests")
        for row in rows if isinstance(rows, list) else []:
            if not isinstance(row, dict) or str(row["id"]) in seen:
                continue
            seen[str(row["id"])] = None
            text = (
                json.dumps(row, ensure_ascii=False)
                if as_json
                else log_line(row, Reader(speech=speech, now=clock.now()))
            )
            print(text, file=out, flush=True)
        for old in tuple(seen)[: -2 * _AT_ONCE]:
            del seen[old]
    return int(ExitCode.DONE)
