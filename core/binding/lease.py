"""What a bind is going to do to a file, decided from values alone."""

import difflib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.binding.address import masked, what_it_is
from core.binding.codex_toml import KeyValue, fingerprint, read_key, set_key
from core.binding.config_file import ConfigFile
from core.binding.durable import PRIVATE_FILE
from core.domain.binding import BindRecord, KeyEdit, LeaseState, Replaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One way from the file as it is to the file with our value.

    Attributes:
        replaces: what the key holds now.
        found: the key's value now, masked; None when absent.
        content: the whole file afterwards.
        edit: how to take it back; that of the lease itself while the key is still ours.
    """

    replaces: Replaces
    found: str | None
    content: bytes
    edit: KeyEdit


def decide(content: bytes, previous: BindRecord | None, value: str, *, name: str) -> Move:
    """How `value` gets into the file.

    Args:
        content: the file now; empty when there is none.
        previous: the home's record, if any.
        value: our address.
        name: how the file is called in an error.

    Raises:
        CoreError: `config_invalid`, `config_key_is_table`.
    """
    found = read_key(content, name=name)
    splice = set_key(content, value, name=name)
    replaces = _what(found, previous)
    match replaces:
        case Replaces.OURS if previous is not None:
            edit = previous.edit
        case Replaces.ORPHAN:
            # Nobody answers at that address: Codex would wait there for ever.
            edit = KeyEdit(old=None)
        case _:
            edit = splice.edit
    return Move(
        replaces=replaces,
        found=None if found is None else masked(found.value or found.literal),
        content=splice.content,
        edit=edit,
    )


def is_bound_to(record: BindRecord | None, value: str, port: int) -> bool:
    """The record says that exactly this value is in the file."""
    return (
        record is not None
        and record.state is LeaseState.BOUND
        and record.ours == (fingerprint(value),)
        and record.port == port
    )


def as_found(home: Path, config: ConfigFile, *, port: int, bind_id: str) -> BindRecord:
    """A record of file and home as they are before we touch them."""
    return BindRecord(
        bind_id=bind_id,
        codex_home=home,
        config=config.path,
        edit=KeyEdit(old=None),
        file_existed=config.state is not None,
        folder_existed=config.home_exists,
        old_mode=None if config.state is None else config.state.mode,
        ours=(),
        port=port,
        since=None,
        state=LeaseState.BINDING,
    )


def begun(facts: BindRecord, move: Move, previous: BindRecord | None, value: str) -> BindRecord:
    """The record to write before the file is touched.

    Args:
        facts: from `as_found`.
        move: from `decide`.
        previous: the home's record, if any.
        value: our address.
    """
    record = replace(facts, edit=move.edit, ours=(fingerprint(value),), state=LeaseState.BINDING)
    if previous is None:
        return record
    record = replace(record, since=previous.since)
    if move.replaces is not Replaces.OURS:
        return record
    return replace(
        record,
        file_existed=previous.file_existed,
        folder_existed=previous.folder_existed,
        # Somebody who widened the mode while bound wants it so afterwards.
        old_mode=previous.old_mode if facts.old_mode == PRIVATE_FILE else facts.old_mode,
        ours=tuple(dict.fromkeys((*previous.ours, fingerprint(value)))),
    )


def completed(record: BindRecord, value: str, now: datetime) -> BindRecord:
    """The record once the file holds the value."""
    return replace(
        record,
        ours=(fingerprint(value),),
        since=record.since or now,
        state=LeaseState.BOUND,
    )


def difference(before: bytes, after: bytes, *, name: str) -> str:
    """The changed lines as a unified diff, secrets masked.

    No context: the lines around may hold keys of other tools.
    """
    old, new = (masked(content.decode()).splitlines() for content in (before, after))
    lines = difflib.unified_diff(old, new, name, name, n=0, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _what(found: KeyValue | None, previous: BindRecord | None) -> Replaces:
    if found is None:
        return Replaces.NOTHING
    ours = () if previous is None else previous.ours
    if found.value is not None and fingerprint(found.value) in ours:
        return Replaces.OURS
    return what_it_is(found.value)
