"""What a check looks at, and what it finds."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain.binding import BindPlan, BindStatus
from core.domain.report import StatusReport
from core.domain.settings import Settings
from core.words.speech import Speech

if TYPE_CHECKING:
    import httpx

    from core.proxy.routes import Identity


class Health(StrEnum):
    """How a check ended; the worst one is the doctor's."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """It could not be looked at here; that says nothing."""
    ODD = "odd"
    """It works, and somebody should look at it."""
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        check: its name, for `doctor CHECK`.
        title: what was looked at, in a few words.
        health: how it stands.
        text: what was found, in a sentence or two.
        hint: what a person can do; empty when there is nothing to do.
        fix: what `--fix` would change, in a sentence; empty when it can change nothing.
    """

    check: str
    title: str
    health: Health
    text: str
    hint: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Everything that checks look at; nothing in it changes while they do.

    Attributes:
        report: the snapshot.
        settings: as they count now.
        data_folder: ours.
        bind: how the Codex home stands.
        plan: what a bind would change there; None when its file cannot be read.
        environment: of the process that serves.
        port: where we listen; None when nobody does.
        identity: with what the listener proves itself; None when nobody listens.
        secret: what the bound Codex presents; None when it is not bound.
        connect: makes HTTP clients that go out.
        connect_here: makes HTTP clients that stay on this machine.
        now: the time.
        nonce: a fresh one, for the proof.
        speech: what findings are said in.
    """

    report: StatusReport
    settings: Settings
    data_folder: Path
    bind: BindStatus
    plan: BindPlan | None
    environment: Mapping[str, str] = field(repr=False)
    port: int | None
    identity: "Identity | None"
    secret: str | None = field(repr=False)
    connect: "Callable[[], httpx.AsyncClient]"
    connect_here: "Callable[[], httpx.AsyncClient]"
    now: datetime
    nonce: str
    speech: Speech


type Look = Callable[[Subject], Awaitable[Finding]]
