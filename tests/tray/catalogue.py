"""The catalogues of resources/i18n: `python -m tests.tray.catalogue` brings them up to date.

Collects every sentence that is said, keeps the translations that are there, drops those of
sentences that are gone, and compiles. A sentence is a constant: it is found in the source.
"""

import ast
import sys
from collections.abc import Iterator
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

_SAYERS = frozenset({"say", "translate"})
_WHOLE = ("core/words",)
"""Packages whose every text is a sentence, whatever it is handed to."""
_SAID = ("core/control/verbs", "core/doctor", "core/oauth", "core/snapshot.py", "tray")
_FIRST = 2
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def sentences(root: Path = ROOT) -> dict[str, list[tuple[str, int]]]:
    """Every sentence with the places where it is said, in the order of the files."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in _files(root):
        whole = path.as_posix().startswith(tuple((root / name).as_posix() for name in _WHOLE))
        tree = ast.parse(path.read_text("utf-8"))
        for text, line in (*(_constants(tree) if whole else ()), *_said(tree)):
            found.setdefault(text, []).append((path.relative_to(root).as_posix(), line))
    for key, declaration in declarations().items():
        found.setdefault(declaration.help, []).append((f"core/domain/settings.py {key}", 1))
    return found


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
    for name in (*_WHOLE, *_SAID):
        path = root / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _said(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What is handed to `say`, and texts in tables of a module that says what it looks up."""
    looked_up = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _SAYERS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, node.lineno
            else:
                looked_up = True
    if not looked_up:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for value in node.values:
                parts = value.elts if isinstance(value, ast.Tuple) else [value]
                for part in parts:
                    text = part.value if isinstance(part, ast.Constant) else None
                    if isinstance(text, str) and " " in text:
                        yield text, part.lineno


def _constants(tree: ast.AST) -> Iterator[tuple[str, int]]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings and _is_words(text):
            yield text, getattr(node, "lineno", 1)


def _is_words(text: str) -> bool:
    return (any(letter.isalpha() for letter in text) and not text.islower()) or " " in text


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
