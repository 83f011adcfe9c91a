"""Domain values ⇄ JSON documents, led by the type hints of the values themselves.

A document names its fields, so that any tool can read it and a field that is added with a default
needs no migration. Reading is strict: a document that does not fit its type is a
`DamagedDocumentError`, never a half-right value. Fields that this program does not know are
ignored; they are lost only when the row is written again, so whatever must not be lost bumps the
schema's version.
"""

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NewType, TypeAliasType, Union, get_args, get_origin, get_type_hints

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class DamagedDocumentError(Exception):
    """A document that is no value of its type; says where, not what (it may be private)."""


def to_text(value: object) -> str:
    """The document of a domain value: dataclasses, enums, times, tuples, mappings, plain values.

    Raises:
        TypeError: another kind of value; a mistake of the program.
    """
    # ASCII with escapes: a text from the network may hold what UTF-8 cannot (half a surrogate).
    return json.dumps(_encoded(value), separators=(",", ":"), allow_nan=False)


def from_text(hint: Any, text: str) -> Any:
    """The value of the type `hint` that `to_text` made the document of.

    Raises:
        DamagedDocumentError: no JSON, or not of this type.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise DamagedDocumentError("not JSON") from None
    return _decoded(hint, document, "")


def storable(text: str) -> str:
    """The text as UTF-8 can hold it; what it cannot is written as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of ours")


def _encoded(value: object) -> Json:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple():
            return [_encoded(item) for item in value]
        case Mapping():
            # Pairs, because keys may be more than texts (a window's key is a tuple).
            return [[_encoded(key), _encoded(item)] for key, item in value.items()]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {item.name: _encoded(getattr(value, item.name)) for item in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} is not a value that is kept")


def _decoded(hint: Any, document: Json, at: str) -> Any:
    hint = _plain(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _decoded_union(arguments, document, at)
    if origin is tuple:
        return _decoded_tuple(arguments, document, at)
    if origin is Mapping:
        return _decoded_mapping(arguments, document, at)
    if is_dataclass(hint):
        return _decoded_dataclass(hint, document, at)
    return _decoded_scalar(hint, document, at)


def _plain(hint: Any) -> Any:
    """See through `NewType` and `type X = …`."""
    while isinstance(hint, NewType | TypeAliasType):
        hint = hint.__supertype__ if isinstance(hint, NewType) else hint.__value__
    return hint


def _decoded_union(arguments: tuple[Any, ...], document: Json, at: str) -> Any:
    """`X | None`; other unions are not kept."""
    if document is None:
        return None
    (kept,) = (argument for argument in arguments if argument is not types.NoneType)
    return _decoded(kept, document, at)


def _decoded_tuple(arguments: tuple[Any, ...], document: Json, at: str) -> tuple[Any, ...]:
    items = _list(document, at)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decoded(arguments[0], item, at) for item in items)
    if len(items) != len(arguments):
        raise DamagedDocumentError(f"{at or 'document'}: {len(items)} parts")
    return tuple(
        _decoded(argument, item, at) for argument, item in zip(arguments, items, strict=True)
    )


def _decoded_mapping(arguments: tuple[Any, ...], document: Json, at: str) -> dict[Any, Any]:
    found = {}
    for pair in _list(document, at):
        key, item = _decoded_tuple(arguments, pair, at)
        found[key] = item
    return found


def _decoded_dataclass(kind: Any, document: Json, at: str) -> Any:
    if not isinstance(document, dict):
        raise DamagedDocumentError(f"{at or 'document'}: not an object")
    values = {}
    for name, hint, required in _shape(kind):
        where = f"{at}.{name}" if at else name
        if name in document:
            values[name] = _decoded(hint, document[name], where)
        elif required:
            raise DamagedDocumentError(f"{where}: missing")
    return kind(**values)


@cache
def _shape(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """Each field's name, type, and whether it must be there. Kept: it never changes."""
    hints = get_type_hints(kind)
    return tuple(
        (
            item.name,
            _plain(hints[item.name]),
            item.default is MISSING and item.default_factory is MISSING,
        )
        for item in fields(kind)
    )


def _decoded_scalar(hint: Any, document: Json, at: str) -> Any:
    try:
        if hint is datetime and isinstance(document, str):
            return _moment(document)
        if isinstance(hint, type) and issubclass(hint, StrEnum) and isinstance(document, str):
            return hint(document)
        if hint is float and isinstance(document, int | float) and not isinstance(document, bool):
            return _finite(document)
    except (ValueError, OverflowError):
        raise DamagedDocumentError(f"{at or 'document'}: not a {hint.__name__}") from None
    if hint in (bool, int, str) and type(document) is hint:
        return document
    raise DamagedDocumentError(f"{at or 'document'}: not a {getattr(hint, '__name__', hint)}")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not finite")
    return float(number)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


def _list(document: Json, at: str) -> list[Json]:
    if not isinstance(document, list):
        raise DamagedDocumentError(f"{at or 'document'}: not a list")
    return document
