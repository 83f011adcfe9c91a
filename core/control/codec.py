"""Our values as JSON and back: times RFC 3339 UTC, enums as their words, tuples as lists."""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast

from core.control.facade import JsonValue
from core.domain.sentence import Sentence


def to_json(value: object, retell: Callable[[Sentence], str] = str) -> JsonValue:
    """A value of ours as JSON.

    Args:
        value: made of dataclasses, enums, mappings, sequences, times and plain values.
        retell: how sentences of ours are said; as they stand unless given.

    Raises:
        TypeError: it holds something that is none of our values.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return cast("JsonValue", value.value)
        case Sentence():
            return retell(value)
        case str():
            return str(value)
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Mapping():
            return {str(key): to_json(item, retell) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [to_json(item, retell) for item in value]
        case _ if is_dataclass(value):
            return {f.name: to_json(getattr(value, f.name), retell) for f in fields(value)}
        case _:
            raise TypeError(f"no JSON form of {type(value).__name__}")


def from_json[T](kind: type[T], value: JsonValue) -> T:
    """Read a dataclass of ours from its JSON; unknown keys are passed over.

    Raises:
        ValueError: the JSON is not of this shape.
    """
    return cast("T", _read(kind, value))


def _read(kind: Any, value: JsonValue) -> object:
    if kind is datetime:
        return datetime.fromisoformat(_of(str, value))
    if isinstance(kind, typing.NewType):
        return _of(str, value)
    if isinstance(kind, type) and is_dataclass(kind):
        record = _of(dict, value)
        hints = typing.get_type_hints(kind)
        missing = [f.name for f in fields(kind) if f.name not in record]
        if missing:
            raise ValueError(f"{kind.__name__} without {', '.join(missing)}")
        read = {f.name: _read(hints[f.name], record[f.name]) for f in fields(kind)}
        return kind(**read)
    origin = typing.get_origin(kind)
    if origin is tuple:
        item = typing.get_args(kind)[0]
        return tuple(_read(item, part) for part in _of(list, value))
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (item,) = (part for part in typing.get_args(kind) if part is not type(None))
        return _read(item, value)
    if kind is float and isinstance(value, int):
        return float(value)
    return _of(kind, value)


def _of[K](kind: type[K], value: JsonValue) -> K:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r:.60} is not a {kind.__name__}")  # noqa: TRY004 - one error
    return value
