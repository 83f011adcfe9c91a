"""The field lines of a head: order, spelling and duplicates as they came, found by name at once.

A head is asked for a dozen names on its way through; its names are lowered once, when it is read.
"""

from collections.abc import Iterable, Iterator

type Lines = tuple[tuple[bytes, bytes], ...]
"""Field lines in order: (name as spelled, value as sent)."""

_NONE: frozenset[bytes] = frozenset()


class Fields:
    """Immutable. Iterates over the lines; names are asked for in lower case.

    `repr` shows no value: some are secrets.
    """

    __slots__ = ("_first", "_lowered", "lines")

    def __init__(self, lines: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.lines: Lines = tuple(lines)
        self._lowered = [name.lower() for name, _ in self.lines]
        self._first = dict(zip(self._lowered, self.lines, strict=False))
        if len(self._first) < len(self._lowered):  # a name came twice: its first line counts
            backwards = zip(reversed(self._lowered), reversed(self.lines), strict=False)
            self._first = dict(backwards)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, name: object) -> bool:
        return name in self._first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Fields({', '.join(name.decode('latin-1') for name in self._lowered)})"

    def lowered(self) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
        """Each line with its name in lower case before it."""
        return zip(self._lowered, self.lines, strict=False)

    def has_none_of(self, names: frozenset[bytes]) -> bool:
        """Whether no line has one of these names (in lower case)."""
        return names.isdisjoint(self._first)

    def value(self, name: bytes) -> bytes:
        """The first value of `name`, without white space around it; empty when there is none."""
        found = self._first.get(name)
        return found[1].strip(b" \t") if found is not None else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of `name`, without white space around them."""
        if name not in self._first:
            return []
        return [line[1].strip(b" \t") for key, line in self.lowered() if key == name]

    def connection_options(self) -> frozenset[bytes]:
        """What `Connection` lists, in lower case (RFC 9110 §7.6.1)."""
        if b"connection" not in self._first:
            return _NONE
        listed = (
            option.strip(b" \t").lower()
            for line in self.values(b"connection")
            for option in line.split(b",")
        )
        return frozenset(option for option in listed if option)
