"""Where each statement of a TOML document's root section begins and ends, to the character.

A parser forgets spelling; a bind must not. This scanner finds the spans (TOML 1.0.0, "Spec") and
leaves every question of validity to `tomllib`: it is asked only about text that parses, and
whatever it finds is proved against the parsed document by `core.binding.codex_toml`.
"""

import re
import tomllib
from dataclasses import dataclass

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_SCALAR = re.compile(r"[^#\r\n]*+")
_BRACKET_OR_STRING = re.compile(r"[\[\]{}\"'#]")
_BASIC_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_LONG_BASIC_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}', re.DOTALL)
_LITERAL_STRING = re.compile(r"'[^']*+'")
_LONG_LITERAL_STRING = re.compile(r"'''(?:[^']|'(?!''))*+'{3,5}")


class UnscannableError(ValueError):
    """The text is not the TOML that it was said to be; no span of it can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One `key = value` of the root section, as offsets into the text.

    Attributes:
        key: the parts of the key, decoded: `a."b c"` is `("a", "b c")`.
        start: the first character of the key.
        value_start: the first character of the value.
        value_end: one past the last character of the value; white space and comment follow.
    """

    key: tuple[str, ...]
    start: int
    value_start: int
    value_end: int


def scan_root(text: str) -> tuple[Statement, ...]:
    """Every statement that stands before the first table header, in order.

    Args:
        text: a whole document that `tomllib` accepts, without byte order mark.

    Raises:
        UnscannableError: the text is not TOML after all.
    """
    statements = []
    position = _end(_BLANK, text, 0)
    while position < len(text) and text[position] != "[":
        statement = _statement(text, position)
        statements.append(statement)
        position = _end(_BLANK, text, statement.value_end)
    return tuple(statements)


def _statement(text: str, start: int) -> Statement:
    key, position = _key(text, start)
    if text[position : position + 1] != "=":
        raise UnscannableError(f"no '=' at offset {position}")
    value_start = _end(_SPACE, text, position + 1)
    return Statement(
        key=key, start=start, value_start=value_start, value_end=_value_end(text, value_start)
    )


def _key(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """A key's parts and where what follows it (after white space) begins."""
    parts = []
    while True:
        part, position = _key_part(text, position)
        parts.append(part)
        position = _end(_SPACE, text, position)
        if text[position : position + 1] != ".":
            return tuple(parts), position
        position = _end(_SPACE, text, position + 1)


def _key_part(text: str, position: int) -> tuple[str, int]:
    match text[position : position + 1]:
        case '"':
            end = _end(_BASIC_STRING, text, position)
            # Escapes are the parser's business: "openai\u005fbase_url" is the same key.
            return str(tomllib.loads(f"part = {text[position:end]}")["part"]), end
        case "'":
            end = _end(_LITERAL_STRING, text, position)
            return text[position + 1 : end - 1], end
        case _:
            end = _end(_BARE_KEY, text, position)
            return text[position:end], end


def _value_end(text: str, position: int) -> int:
    match text[position : position + 1]:
        case '"' | "'":
            return _string_end(text, position)
        case "[" | "{":
            return _brackets_end(text, position)
        case _:
            # Numbers, booleans and dates; a date and a time may be parted by one space.
            end = _end(_SCALAR, text, position)
            return position + len(text[position:end].rstrip(" \t"))


def _string_end(text: str, position: int) -> int:
    """One past the closing quotes; up to two more quotes may belong to a long string's end."""
    if text.startswith('"""', position):
        return _end(_LONG_BASIC_STRING, text, position)
    if text.startswith("'''", position):
        return _end(_LONG_LITERAL_STRING, text, position)
    return _end(_BASIC_STRING if text[position] == '"' else _LITERAL_STRING, text, position)


def _brackets_end(text: str, position: int) -> int:
    """One past the bracket that closes the array or inline table at `position`."""
    depth = 0
    while found := _BRACKET_OR_STRING.search(text, position):
        position = found.end()
        match found.group():
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
                if depth == 0:
                    return position
            case "#":
                position = _line_end(text, position)
            case _:
                position = _string_end(text, found.start())
    raise UnscannableError("a bracket is never closed")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where the match of `pattern` at `position` ends."""
    match = pattern.match(text, position)
    if match is None:
        raise UnscannableError(f"unexpected text at offset {position}")
    return match.end()
