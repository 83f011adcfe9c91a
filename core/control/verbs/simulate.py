"""simulate: what would be decided now, or what each strategy makes of a trace of work."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.app import App
from core.control.verb import Arguments
from core.control.verbs import why
from core.control.verbs.why import Why
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.settings import STRATEGIES
from core.routing.simulation import MadeUpAccount, MadeUpTurn, Score, Trace, run

LARGEST_TRACE = 64 * 1024 * 1024
DRAWS = tuple((number * 0.6180339887498949) % 1 for number in range(997))
"""What chance says to `random`: spread evenly, and always the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What each strategy made of the trace."""

    trace: str
    turns: int
    scores: tuple[Score, ...]


async def simulate(app: App, arguments: Arguments) -> Why | Simulated:
    """Explain the next decision; with `trace` let every strategy do that work."""
    named = arguments.text("trace")
    if named is None:
        return await why.simulate(app, arguments)
    path = Path(named)
    trace = await asyncio.to_thread(_read, path)
    names = [name for name in STRATEGIES if name != "hybrid"]
    scores = [await asyncio.to_thread(run, trace, name, draws=DRAWS) for name in names]
    return Simulated(trace=str(path), turns=len(trace.turns), scores=tuple(scores))


def read_trace(document: Any) -> Trace:
    """A trace from its JSON.

    `{"accounts": [{"plan", "session", "week"}], "turns": [[seconds, thread, tokens], …]}`, session
    and week in tokens that fill them.

    Raises:
        ValueError: it is none, with what is wrong.
    """
    try:
        accounts = tuple(
            MadeUpAccount(plan=str(a["plan"]), session=_count(a["session"]), week=_count(a["week"]))
            for a in document["accounts"]
        )
        turns = tuple(
            MadeUpTurn(at_s=float(at), thread=str(thread), tokens=_count(tokens))
            for at, thread, tokens in document["turns"]
        )
    except KeyError as error:
        raise ValueError(f"“{error.args[0]}” is missing") from None
    except TypeError:
        raise ValueError("it has another shape") from None
    if not accounts:
        raise ValueError("it has no account")
    times = [turn.at_s for turn in turns]
    if times != sorted(times) or (times and not 0 <= times[0] <= times[-1] < 10**9):
        raise ValueError("its turns are not in the order of their times")
    return Trace(accounts=accounts, turns=turns)


def _read(path: Path) -> Trace:
    try:
        if path.stat().st_size > LARGEST_TRACE:
            raise ValueError("it is larger than 64 MiB")
        return read_trace(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        why_not = error.strerror if isinstance(error, OSError) else str(error)
        raise CoreError(
            "bad_trace",
            Sentence("{path} is no trace of work: {why_not}.", path=path, why_not=why_not),
            "`turntable simulate --help` says what one looks like.",
            exit_code=ExitCode.USAGE,
        ) from None


def _count(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 10**12:
        raise ValueError(f"{found!r:.40} is no number of tokens")
    return found
