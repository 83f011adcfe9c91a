"""The text of settings.toml: read whole or refused, and where in it something stands."""

import re
import tomllib
from pathlib import Path

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.storage.faults import translated

BOM = "\ufeff"
"""Some editors write it; it stays where it was."""
_TABLE = re.compile(r"^\s*\[\s*([A-Za-z0-9_\"'.\s-]+?)\s*\]\s*(?:#.*)?$")


def text_of(path: Path) -> str:
    """What the file says, with its BOM; empty where there is none.

    Raises:
        CoreError: `config_invalid` where it is not UTF-8, or as the disk fails.
    """
    with translated(path):
        try:
            return path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            raise refused(
                "config_invalid",
                Sentence("{where}: not UTF-8.", where=at(path, line)),
                "Save the file as UTF-8.",
            ) from None


def parsed(path: Path, text: str) -> dict[str, object]:
    """The text's values.

    Raises:
        CoreError: `config_invalid`, with the line.
    """
    try:
        return tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        # "… (at line 3, column 7)", or "… (at end of document)"
        what, _, where = str(error).removesuffix(")").rpartition(" (at ")
        place = Sentence("{path}, {where}", path=path, where=where) if what else str(path)
        sentence = Sentence("{at}: {what}.", at=place, what=what or where)
        raise refused("config_invalid", sentence, "Correct the file.") from None
    except RecursionError:
        raise refused(
            "config_invalid", Sentence("{path}: nested too deep.", path=path), "Correct the file."
        ) from None


def line_of(text: str, key: str) -> int | None:
    """Where a key stands; None when it is written in a way that we do not look for."""
    section, _, name = key.partition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            inside = header[1].replace('"', "").replace("'", "").strip()
        wanted = name if inside == section else key if not inside else None
        if wanted and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*=", line):
            return number
    return None


def no_section(path: Path, text: str, section: str) -> CoreError:
    """A section’s name stands there as if it were a setting."""
    what = Sentence(
        "{where}: {section} is a section, not a setting.",
        where=at(path, line_of(text, section)),
        section=section,
    )
    return refused(
        "config_invalid", what, Sentence("Write [{section}] above its settings.", section=section)
    )


def at(path: Path, line: int | None) -> str:
    """A place in the file, as a person is told it."""
    return str(path) if line is None else Sentence("{path}, line {line}", path=path, line=line)


def refused(code: str, what: str, hint: str = "") -> CoreError:
    """What nobody can use as it was typed."""
    return CoreError(code, what, hint, exit_code=ExitCode.USAGE)
