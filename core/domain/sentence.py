"""A sentence of ours that was filled with values and can still be said in another language.

A catalogue is looked up by the sentence as it stands in the code: one that was filled before could
never be found. Below the faces nobody knows who reads, so what is said there is English and keeps
its parts; `Speech.retell` says it again for the person.
"""

from collections.abc import Iterable, Mapping
from typing import Self


class Sentence(str):
    """English text, filled; to everybody who does not ask it is a plain string.

    Attributes:
        pattern: the sentence as it stands in the code, with `{names}` of what fills it.
        values: what fills it; a value that is a `Sentence` is translated like the whole.
    """

    __slots__ = ("pattern", "values")

    pattern: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, /, **values: object) -> Self:
        """Fill `pattern`, a constant, as `str.format` does; none of it may be a secret.

        Without values the text is taken as it stands, so that a `Sentence` of a `Sentence` is the
        same one.
        """
        if isinstance(pattern, cls) and not values:
            return pattern
        said = super().__new__(cls, pattern.format(**values) if values else pattern)
        said.pattern = str(pattern)
        said.values = values
        return said


def listed(parts: Iterable[str]) -> Sentence:
    """The parts with commas between them; those that are sentences can be said again."""
    named = {f"part{n}": part for n, part in enumerate(parts)}
    return Sentence(", ".join(f"{{{name}}}" for name in named), **named)
