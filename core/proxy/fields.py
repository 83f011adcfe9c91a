"""The field lines of a head: order, spelling and duplicates as they came, found by name at once.

A head is asked for a dozen names on its way through. Whoever speaks to us sends the same names each
time, only other values: what names alone say is found out once and remembered for the next head.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

type Lines = tuple[tuple[bytes, bytes], ...]
"""Field lines in order: (name as spelled, value as sent)."""
type Names = tuple[bytes, ...]
"""Names of the lines of a head, in their order."""

_NONE: frozenset[bytes] = frozenset()
_REMEMBERED = 64
"""Of so many sets of names; a dozen kinds of requests, and of answers, come again and again."""
_MOST_LINES = 64
"""Whoever sends more lines is found out about anew each time: what is remembered stays small."""


class Fields:
    """Immutable. Iterates over the lines; names are asked for in lower case.

    `repr` shows no value: some are secrets.

    Attributes:
        lines: every line, as it came.
        names: their names in lower case.
    """

    __slots__ = ("_places", "lines", "names")

    def __init__(self, lines: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.lines: Lines = tuple(lines)
        names = tuple([name for name, _ in self.lines])
        index = _index if len(names) <= _MOST_LINES else _index.__wrapped__
        self.names, self._places = index(names)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Fields({', '.join(name.decode('latin-1') for name in self.names)})"

    def lowered(self) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
        """Each line with its name in lower case before it."""
        return zip(self.names, self.lines, strict=False)

    def places_of(self, names: frozenset[bytes]) -> tuple[int, ...]:
        """Which lines have one of these names (in lower case), in order."""
        places_of = _places_of if len(self.names) <= _MOST_LINES else _places_of.__wrapped__
        return places_of(self.names, names)

    def value(self, name: bytes) -> bytes:
        """The first value of `name`, without white space around it; empty when there is none."""
        places = self._places.get(name)
        return self.lines[places[0]][1].strip(b" \t") if places is not None else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of `name`, without white space around them."""
        return [self.lines[place][1].strip(b" \t") for place in self._places.get(name, ())]

    def connection_options(self) -> frozenset[bytes]:
        """What `Connection` lists, in lower case (RFC 9110 §7.6.1)."""
        if b"connection" not in self._places:
            return _NONE
        listed = (
            option.strip(b" \t").lower()
            for line in self.values(b"connection")
            for option in line.split(b",")
        )
        return frozenset(option for option in listed if option)


@lru_cache(maxsize=_REMEMBERED)
def _index(names: Names) -> tuple[Names, Mapping[bytes, Sequence[int]]]:
    """The names in lower case, and in which lines each of them stands."""
    lowered = tuple([name.lower() for name in names])
    places: dict[bytes, list[int]] = {}
    for place, name in enumerate(lowered):
        places.setdefault(name, []).append(place)
    return lowered, places


@lru_cache(maxsize=_REMEMBERED)
def _places_of(names: Names, wanted: frozenset[bytes]) -> tuple[int, ...]:
    return tuple([place for place, name in enumerate(names) if name in wanted])
