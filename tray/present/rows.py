"""A row of a plain table: texts, and what a search looks through."""

from dataclasses import dataclass

from tray.present.tone import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        id: knows it again in the next answer.
        texts: a text for each column.
        tone: of the toned column.
        words: everything that a search looks through, in lower case.
    """

    id: str
    texts: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    words: str = ""


def row(id_: str, *texts: str, tone: Tone = Tone.PLAIN) -> Row:
    """A row that is searched by what it shows."""
    return Row(id=id_, texts=texts, tone=tone, words=" ".join(texts).lower())
