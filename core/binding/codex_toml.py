"""The one key in Codex's config.toml: set by a splice, given back by the exact undo.

Text in, text out, standard library only: the guard and a bare `python` can use it. Each function
parses the document before and after and refuses a result that differs in anything but the key.
Comments, order, CRLF, byte order mark and every other byte stay, because nothing is re-written:
one span of characters is replaced. (A round trip through a style-preserving library was not
byte-identical on 10 of 21 awkward files.)
"""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from core.binding.toml_root import Statement, UnscannableError, scan_root
from core.domain.binding import KeyEdit
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

KEY = "openai_base_url"
"""The top-level key that names Codex's back end (PROTOCOL §3); the only one that we ever set."""

_BOM = "\ufeff"
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyValue:
    """What the key holds: `value` is None when that is not a string."""

    literal: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """A document with the key set, and how to take it back."""

    content: bytes
    edit: KeyEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """The document with our edit reversed; every later edit of somebody else's is in it."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """The key holds a value that is neither ours nor the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyGone:
    """Our value is not there and there is nothing to give back."""


type Undo = TakenBack | LeftAlone | AlreadyGone


def fingerprint(value: str) -> str:
    """What a value of ours is recognised by without being kept: it holds the bind secret."""
    return sha256(value.encode()).hexdigest()


def read_key(content: bytes, *, name: str = "config.toml") -> KeyValue | None:
    """What the document's key holds; None when it is absent.

    Args:
        content: the whole file.
        name: how the file is called in an error.

    Raises:
        CoreError: `config_invalid`; `config_key_is_table`.
    """
    return _Document(content, name).found()


def set_key(content: bytes, value: str, *, name: str = "config.toml") -> Splice:
    """Set the key to the string `value`; change nothing else.

    An existing value is replaced where it stands. Else one line is added after the last root
    statement (before everything, when there is none), in the file's own newline style.

    Raises:
        CoreError: `config_invalid`; `config_key_is_table`.
    """
    return _set_literal(_Document(content, name), _quoted(value))


def take_back(
    content: bytes,
    edit: KeyEdit,
    *,
    ours: Collection[str],
    force: bool = False,
    name: str = "config.toml",
) -> Undo:
    """Reverse `edit` in what the document has become: three-way, for this one key.

    Args:
        content: the file as it is now.
        edit: from the `Splice` that set the key.
        ours: fingerprints of the values that we may have left there.
        force: give the old value back whatever stands there now.
        name: how the file is called in an error.

    Raises:
        CoreError: `config_invalid`; `config_key_is_table` (only with `force`).
    """
    document = _Document(content, name)
    if document.is_table and not force:
        return LeftAlone()
    found = document.found()
    if _is_old(found, edit):
        return AlreadyGone()
    if found is None:
        if not force or edit.old is None:
            return AlreadyGone()
        return TakenBack(content=_set_literal(document, edit.old).content)
    is_ours = found.value is not None and fingerprint(found.value) in ours
    if not is_ours and not force:
        return LeftAlone()
    if edit.old is None:
        return TakenBack(content=_without_key(document, glued=edit.glued))
    return TakenBack(content=_set_literal(document, edit.old).content)


def parsed_config(content: bytes, *, name: str = "config.toml") -> Mapping[str, object]:
    """What the document says; floats as they are written.

    Raises:
        CoreError: `config_invalid`.
    """
    return _Document(content, name).parsed


def without_root_key(content: bytes, key: str, *, name: str = "config.toml") -> bytes:
    """The document without one key of its root section, and a comment behind the value: not.

    Raises:
        CoreError: `config_invalid`; `config_not_understood`: the key is not there, or a table.
    """
    return _without_key(_Document(content, name, key=key), glued=False)


class _Document:
    """A parsed file and the spans of its root section; all that is changed is one key of it."""

    def __init__(self, content: bytes, name: str, *, key: str = KEY) -> None:
        self.name = name
        self.key = key
        text = _decoded(content, name)
        # Codex's parser skips a byte order mark, `tomllib` does not; it stays where it is.
        self.mark = _BOM if text.startswith(_BOM) else ""
        self.text = text.removeprefix(_BOM)
        self.parsed = _parsed(self.text, name)
        try:
            self.statements = scan_root(self.text)
        except UnscannableError as error:
            raise _unsure(name) from error

    @property
    def is_table(self) -> bool:
        """The name is taken by a table: a header, or a dotted key below it."""
        return self.statement is None and self.key in self.parsed

    @property
    def statement(self) -> Statement | None:
        """The statement that sets the key."""
        for statement in self.statements:
            if statement.key == (self.key,):
                return statement
        return None

    def found(self) -> KeyValue | None:
        if self.is_table:
            raise CoreError(
                "config_key_is_table",
                Sentence(
                    "{key} in {name} is a table, not an address; nothing was changed.",
                    key=self.key,
                    name=self.name,
                ),
                Sentence("Remove the table {key} from the file.", key=self.key),
            )
        statement = self.statement
        if statement is None:
            return None
        literal = self.text[statement.value_start : statement.value_end]
        value = _literal_value(literal, self.name)
        if value != self.parsed[self.key]:
            raise _unsure(self.name)
        return KeyValue(literal=literal, value=value if isinstance(value, str) else None)

    def replaced(self, start: int, end: int, new: str, *, expected: object) -> bytes:
        """The file with one span replaced; proved to differ in the key alone.

        `expected` is what the key holds afterwards; None for no key.
        """
        text = self.text[:start] + new + self.text[end:]
        before, after = dict(self.parsed), _parsed(text, self.name)
        before.pop(self.key, None)
        if after.pop(self.key, None) != expected or after != before:
            raise _unsure(self.name)
        return (self.mark + text).encode()


def _is_old(found: KeyValue | None, edit: KeyEdit) -> bool:
    """The key holds what it held before us, however it is spelled now."""
    if found is None or edit.old is None:
        return found is None and edit.old is None
    return _literal_value(found.literal, KEY) == _literal_value(edit.old, KEY)


def _set_literal(document: _Document, literal: str) -> Splice:
    found, statement = document.found(), document.statement
    expected = _literal_value(literal, document.name)
    if found is not None and statement is not None:
        start, end = statement.value_start, statement.value_end
        content = document.replaced(start, end, literal, expected=expected)
        return Splice(content=content, edit=KeyEdit(old=found.literal))
    place, glued = _place_for_line(document)
    newline = _newline_of(document.text)
    line = f"{KEY} = {literal}"
    line = newline + line if glued else line + newline
    content = document.replaced(place, place, line, expected=expected)
    return Splice(content=content, edit=KeyEdit(old=None, glued=glued))


def _without_key(document: _Document, *, glued: bool) -> bytes:
    """Remove the key's line, and a comment that somebody put behind the value: not."""
    text, statement = document.text, document.statement
    if statement is None:
        raise _unsure(document.name)
    start = text.rfind("\n", 0, statement.start) + 1
    end = text.find("\n", statement.value_end)
    end = len(text) if end < 0 else end + 1
    rest = text[statement.value_end : end]
    if rest.strip():
        end -= len(rest.lstrip(" \t"))
    elif glued and start > 0:
        start -= len(_last_newline(text[:start]))
        end -= len(_last_newline(text[:end]))
    return document.replaced(start, end, "", expected=None)


def _place_for_line(document: _Document) -> tuple[int, bool]:
    """Where a new root line goes, and whether it must bring the newline before it."""
    if not document.statements:
        return 0, False
    end = document.text.find("\n", document.statements[-1].value_end)
    return (len(document.text), True) if end < 0 else (end + 1, False)


def _newline_of(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _last_newline(text: str) -> str:
    if text.endswith("\r\n"):
        return "\r\n"
    return "\n" if text.endswith("\n") else ""


def _quoted(value: str) -> str:
    """A basic string. JSON's escapes are TOML's; only DEL is legal there and not here."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _literal_value(literal: str, name: str) -> object:
    return _parsed(f"value = {literal}", name)["value"]


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line_start = content.rfind(b"\n", 0, error.start) + 1
        line, column = content.count(b"\n", 0, error.start) + 1, error.start - line_start + 1
        raise CoreError(
            "config_invalid",
            Sentence(
                "{name} is not UTF-8 at line {line}, column {column}; nothing was changed.",
                name=name,
                line=line,
                column=column,
            ),
            "Save the file as UTF-8 and try again.",
        ) from None


def _parsed(text: str, name: str) -> dict[str, object]:
    try:
        # Floats stay text: `nan` would differ from itself in the proof.
        return tomllib.loads(text, parse_float=lambda literal: ("float", literal))
    except tomllib.TOMLDecodeError as error:
        line, column, what = _position(str(error), text)
        raise CoreError(
            "config_invalid",
            Sentence(
                "{name} is not valid TOML at line {line}, column {column}: {what}; "
                "nothing was changed.",
                name=name,
                line=line,
                column=column,
                what=what,
            ),
            "Correct that line and try again.",
        ) from None
    except (ValueError, RecursionError):
        # Integers of thousands of digits, brackets thousands deep: Codex refuses them too.
        raise CoreError(
            "config_invalid",
            Sentence(
                "{name} holds a number or a nesting that is too large; nothing was changed.",
                name=name,
            ),
            "Shorten it and try again.",
        ) from None


def _position(message: str, text: str) -> tuple[int, int, str]:
    """Line and column (both from 1) and the reason, out of the parser's sentence."""
    found = _POSITION.search(message)
    what = message[: found.start()] if found else message
    if found and found.group(1):
        return int(found.group(1)), int(found.group(2)), what
    return text.count("\n") + 1, len(text) - text.rfind("\n"), what


def _unsure(name: str) -> CoreError:
    return CoreError(
        "config_not_understood",
        Sentence("{name} could not be changed with certainty; nothing was changed.", name=name),
        "`turntable codex -- ARGS…` runs Codex through Turntable without touching the file.",
    )
