"""The catalogues of resources/i18n: `python -m tests.tray.catalogue` brings them up to date.

Collects every sentence that is said, keeps the translations that are there, drops those of
sentences that are gone, and compiles. A sentence is a constant: it is found in the source, where it
is handed to somebody who says it, or because it reads as one.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.domain.settings import declarations
from core.domain.version import VERSION
from tests.house.tree import ROOT

LANGUAGES = ("de", "zh_CN")
FOLDER = ROOT / "resources" / "i18n"

_SAYERS = frozenset({"say", "translate", "Sentence"})
_WHOLE = ("core/words",)
"""Packages whose every text is a sentence, whatever it is handed to."""
_SAID = ("core", "tray")
_UNSAID = (
    "core/standin",
    "core/control/visitor.py",
    "core/binding/unbind.py",
)
"""Another party's words, and what runs without a catalogue."""
_HELP = frozenset({"Verb", "Parameter", "add_argument", "add_parser", "_sub"})
"""What `--help` and the reference say of a verb is English, like its name."""
_READS_AS_ONE = re.compile(r"[A-Za-z“`#{-][^\n]* [^\n]*[.?!:…]")
_NEVER = re.compile(r"%[sdr]|^[A-Z]{2,} |^\[|<")
_FIRST = 2
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def sentences(root: Path = ROOT) -> dict[str, list[tuple[str, int]]]:
    """Every sentence with the places where it is said, in the order of the files."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in _files(root):
        place = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text("utf-8"))
        whole = place.startswith(_WHOLE)
        for text, line in (*_constants(tree, _is_words if whole else _is_sentence), *_said(tree)):
            found.setdefault(text, []).append((place, line))
    for key, declaration in declarations().items():
        found.setdefault(declaration.help, []).append((f"core/domain/settings.py {key}", 1))
    return found


def filled_too_early(root: Path = ROOT) -> Iterator[tuple[str, int]]:
    """Where an error is given a text that no catalogue can know."""
    for path in _files(root):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in _SAYERS | {"CoreError"}:
                for text in node.args:
                    if isinstance(text, ast.JoinedStr):
                        yield path.relative_to(root).as_posix(), text.lineno


def kept(language: str) -> Catalog:
    """The translations as they lie on the disk."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str) -> Catalog:
    """Today's sentences with yesterday's translations."""
    known = kept(language)
    fresh = _catalog(language)
    for text, places in sorted(sentences().items()):
        before = known.get(text)
        fresh.add(text, string=before.string if before else "", locations=places[:_FIRST])
    return fresh


def written(catalog: Catalog) -> bytes:
    """For translators."""
    text = BytesIO()
    write_po(text, catalog, width=100, sort_output=True, include_lineno=False)
    return text.getvalue()


def compiled(language: str) -> bytes:
    """What the program reads, made of what translators wrote."""
    made = _catalog(language)
    for message in kept(language):
        if message.id and message.string:
            made.add(message.id, string=message.string)
    data = BytesIO()
    write_mo(data, made)
    return data.getvalue()


def _catalog(language: str) -> Catalog:
    # A file that changes with the minute it was written says nothing.
    return Catalog(
        locale=language,
        project="Turntable",
        version=VERSION,
        header_comment="# Turntable, MIT",
        fuzzy=False,
        creation_date=_FIRST_DAY,
        revision_date=_FIRST_DAY,
    )


def compiled_path(language: str) -> Path:
    """Where the program finds a language."""
    return FOLDER / language / "LC_MESSAGES" / "turntable.mo"


def _files(root: Path) -> Iterator[Path]:
    for name in _SAID:
        for path in sorted((root / name).rglob("*.py")):
            if not path.relative_to(root).as_posix().startswith(_UNSAID):
                yield path


def _said(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What is handed to `say`, and texts in tables of a module that says what it looks up."""
    looked_up = False
    for node in ast.walk(tree):
        for text in _handed_over(node):
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value, text.lineno
            else:
                looked_up = True
    if looked_up:
        yield from _in_tables(tree)


def _handed_over(node: ast.AST) -> Sequence[ast.expr]:
    """The texts of one call that says something."""
    if not isinstance(node, ast.Call):
        return ()
    if _name(node.func) == "counted":
        return node.args[1:]
    return node.args[:1] if _name(node.func) in _SAYERS else ()


def _in_tables(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict | ast.Tuple):
            for part in node.values if isinstance(node, ast.Dict) else node.elts:
                text = part.value if isinstance(part, ast.Constant) else None
                if isinstance(text, str) and " " in text.strip():
                    yield text, part.lineno


def _constants(tree: ast.AST, wanted: Callable[[str], bool]) -> Iterator[tuple[str, int]]:
    """Texts that stand by themselves: no docstrings, no parts of a text that is filled there."""
    others: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            others.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            others.update(map(id, node.values))
        elif isinstance(node, ast.Call) and _name(node.func) in _HELP:
            others.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in others and wanted(text):
            yield text, getattr(node, "lineno", 1)


def _is_sentence(text: str) -> bool:
    return _READS_AS_ONE.fullmatch(text) is not None and _NEVER.search(text) is None


def _is_words(text: str) -> bool:
    letters = any(letter.isalpha() for letter in text)
    return letters and (not text.islower() or " " in text)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def main() -> None:
    """Write both files of every language; say what has no translation."""
    for language in LANGUAGES:
        fresh = brought_up_to_date(language)
        (FOLDER / f"{language}.po").write_bytes(written(fresh))
        path = compiled_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compiled(language))
        missing = [str(m.id) for m in fresh if m.id and not m.string]
        sys.stdout.write(f"{language}: {len(missing)} sentences without a translation\n")
        for sentence in missing:
            sys.stdout.write(f"  {sentence}\n")


if __name__ == "__main__":
    main()
