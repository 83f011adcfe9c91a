"""`turntable log -f`: each request as it ends, for as long as the owner runs."""

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import TextIO

from core.cli.reader import Reader
from core.cli.render import log_line
from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.remote import RemoteFacade
from core.control.speaking import speech_of
from core.domain.errors import CoreError, ExitCode
from core.runtime.clock import SystemClock
from core.runtime.paths import turntable_home

USUAL = 20
"""Requests that are shown before the first new one."""
_AT_ONCE = 200
"""Requests that may end between two looks; with more the oldest of them are not shown."""


async def follow_log(
    environment: Mapping[str, str], *, last: int | None, as_json: bool, out: TextIO
) -> int:
    """Print the newest requests, then each that ends, one a line; return when the owner ends.

    Args:
        environment: names the data folder.
        last: how many of the newest come first.
        as_json: a line is a JSON object.
        out: where the lines go.

    Raises:
        CoreError: exit code 5, no owner runs; or exit code usage for `last`.
    """
    VERBS["log"].check({"last": last})
    remote = RemoteFacade(turntable_home(environment).control)
    clock, speech = SystemClock(), speech_of(environment)
    seen: dict[str, None] | None = None
    async with aclosing(remote.watch()) as changes:
        async for _ in changes:
            rows = await _newest(remote, max(last or USUAL, _AT_ONCE))
            if rows is None:
                break
            fresh = rows[-(last or USUAL) :] if seen is None else _unseen(rows, seen)
            for row in fresh:
                text = (
                    json.dumps(row, ensure_ascii=False)
                    if as_json
                    else log_line(row, Reader(speech=speech, now=clock.now()))
                )
                print(text, file=out, flush=True)
            known = [*(seen or ()), *(str(row["id"]) for row in rows)]
            seen = dict.fromkeys(known[-2 * len(rows) - _AT_ONCE :])
    return int(ExitCode.DONE)


async def _newest(remote: RemoteFacade, count: int) -> list[dict[str, JsonValue]] | None:
    """The newest requests, oldest first; None when the owner has just ended."""
    try:
        answer = await remote.perform("log", {"last": count})
    except CoreError as error:
        if error.exit_code is ExitCode.OWNER_NOT_RUNNING:
            return None
        raise
    rows = answer.get("requests")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _unseen(
    rows: list[dict[str, JsonValue]], seen: Mapping[str, None]
) -> list[dict[str, JsonValue]]:
    return [row for row in rows if str(row["id"]) not in seen]
