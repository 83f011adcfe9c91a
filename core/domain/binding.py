"""The words of a bind: what is planned, what was done, what must be remembered to undo it.

A bind is a lease on one key of one Codex home's config.toml. Who holds it writes a `BindRecord`
into the undo journal before touching the file; the record, and not a marker in the file, is what
gives the key back.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from core.domain.errors import ExitCode

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class BindState(StrEnum):
    """Where a Codex home stands, as `status` shows it."""

    BOUND = "bound"
    """The key holds our address."""
    UNBOUND = "unbound"
    """We hold no lease on this home."""
    DRIFTED = "drifted"
    """We hold a lease, and somebody else has changed or removed the key since."""
    BROKEN = "broken"
    """We hold a lease and cannot read what became of it, or one act was cut short."""


class LeaseState(StrEnum):
    """How far a bind or its undo has come; kept in the journal, so that a crash can be finished."""

    BINDING = "binding"
    """The file may or may not hold our value yet."""
    BOUND = "bound"
    """The file holds our value."""
    UNBINDING = "unbinding"
    """The file may or may not have been given back yet."""
    LAPSED = "lapsed"
    """The file is given back; the next owner takes the lease up again with the same secret."""


class Replaces(StrEnum):
    """What a bind finds in the key."""

    NOTHING = "nothing"
    OURS = "ours"
    """The value of this lease: the port or the secret changes."""
    ORPHAN = "orphan"
    """An address of Turntable's form that no journal knows; never given back, since nobody
    answers there."""
    LOOPBACK = "loopback"
    """Another local program's address; replaced, noted, and given back."""
    GATEWAY = "gateway"
    """Anything else: somebody's choice that only its owner may replace."""


class UndoResult(StrEnum):
    """How an unbind ended."""

    RESTORED = "restored"
    """The key is as it was before the bind."""
    ALREADY_GONE = "already_gone"
    """Our value was not there any more, and nothing was left to give back."""
    LEFT_ALONE = "left_alone"
    """The key holds a later value of somebody else's; it stays, and so does the lease."""
    NOT_BOUND = "not_bound"
    """There was no lease on this home."""


@dataclass(frozen=True, slots=True)
class BindSecret:
    """The part of the base address that only the bound Codex knows: 32 random bytes, base64url.

    `str` and `repr` never show it; `value` does, for the file, the proxy and nobody else.

    Raises:
        ValueError: not 43 characters of base64url.
    """

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        """A damaged secret must not become an address."""
        if not _SECRET.fullmatch(self.value):
            raise ValueError("a bind secret has 43 characters of base64url")

    def __str__(self) -> str:
        """As it is shown everywhere."""
        return "••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEdit:
    """What is needed to take a set key back.

    Attributes:
        old: the old value as it was written (`"https://…"`, quotes and all); None when the key
            was absent and a line was added. May name somebody's gateway: not for a log.
        glued: the file ended without a newline, so that ours stands before our line, not after.
    """

    old: str | None = field(repr=False)
    glued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BindRecord:
    """The undo journal of one Codex home.

    Attributes:
        bind_id: names this lease; also names its temporary files.
        codex_home: canonical path of the home.
        config: the file that was written; a symbolic link is resolved.
        edit: how the key was set.
        file_existed: False: the file is ours, and goes when nothing of others is left in it.
        folder_existed: False: the same for the home itself.
        old_mode: permission bits before the bind; None when there was no file.
        ours: fingerprints of the values that we may have left in the key (two while it changes).
        port: the last bound port, which the next owner tries first.
        since: when the home was bound; None until the first bind is complete.
        state: how far we are.
        forget: while unbinding: the user ended the lease, so that the secret goes too.
    """

    bind_id: str
    codex_home: Path
    config: Path
    edit: KeyEdit
    file_existed: bool
    folder_existed: bool
    old_mode: int | None
    ours: tuple[str, ...]
    port: int
    since: datetime | None
    state: LeaseState
    forget: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BindPlan:
    """What a bind would do; nothing is written for it.

    Attributes:
        codex_home: canonical path of the home.
        config: the file that would be written.
        replaces: what the key holds now.
        found: the key's value now, masked; None when absent.
        diff: unified, changed lines only (neighbours may hold secrets), secret masked; empty
            when nothing would change.
    """

    codex_home: Path
    config: Path
    replaces: Replaces
    found: str | None
    diff: str

    @property
    def needs_replace(self) -> bool:
        """Only the user's own word (`--replace`) lets this bind go on."""
        return self.replaces is Replaces.GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReceipt:
    """What a bind did.

    Attributes:
        bind_id: names the lease.
        codex_home: canonical path of the home.
        config: the file that holds the key.
        port: where Codex is sent.
        secret: what the proxy must let in.
        since: when this home was bound first, under this lease.
        changed: False: everything was in place already.
        replaces: what the key held.
        replaced: that value, masked; None when there was none.
    """

    bind_id: str
    codex_home: Path
    config: Path
    port: int
    secret: BindSecret
    since: datetime
    changed: bool
    replaces: Replaces
    replaced: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindReceipt:
    """What an unbind did; `exit_code` is the verb's."""

    codex_home: Path
    config: Path
    result: UndoResult

    @property
    def exit_code(self) -> ExitCode:
        """6 when somebody else's later value was left alone."""
        return ExitCode.LEFT_ALONE if self.result is UndoResult.LEFT_ALONE else ExitCode.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class BindStatus:
    """What a look at a home showed.

    Attributes:
        state: as `status` shows it.
        codex_home: canonical path of the home.
        port: where Codex is sent; None unless a lease is held.
        since: when it was bound.
        because: one sentence for `drifted` and `broken`; empty otherwise.
    """

    state: BindState
    codex_home: Path
    port: int | None
    since: datetime | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What became of one act that was cut short.

    Attributes:
        journal: the journal file, which names nothing if it cannot be read.
        codex_home: the home concerned; None when the journal cannot be read.
        result: how the undo ended; None when it could not be done yet.
        because: why not; empty when it was done.
    """

    journal: Path
    codex_home: Path | None
    result: UndoResult | None
    because: str
