"""What may stand in the project's files, and where files may stand.

A rule takes a tree and yields a sentence for each place that breaks it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house.tree import Tree

_ROOT_ENTRIES = frozenset(
    {
        "core",
        "tray",
        "installers",
        "resources",
        "tests",
        "docs",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        ".gitattributes",
        ".gitignore",
        ".python-version",
        ".ci",
        ".github",
    }
)

_LINES = 400
_LINES_OF_A_TABLE_TEST = 600
_LONGER_BY_REVIEW: dict[str, int] = {}
"""Path → lines; raising one is a change of its own, with its reason in the commit."""

_RUNS_QT = PurePosixPath("tray/guest_loop.py")
"""Where Qt's own loop is started; nobody else starts one."""

_DRAWERS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
)

# Written with brackets, so that a rule does not find itself.
_UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
_SKIPPED = re.compile(r"pytest\.(?:ski[p]|xfai[l]|importorski[p])|mark\.(?:ski[p]|xfai[l])")
_ADDRESSES = re.compile(
    r"pypi\.or[g]|pythonhosted\.or[g]|npmjs\.(?:or[g]|co[m])|debian\.or[g]/|ubuntu\.co[m]/"
    r"|golang\.or[g]|crates\.i[o]"
)
_MACHINE = re.compile(r"/wor[k]/|/roo[t]/|/tm[p]/[a-z]+[0-9]|\.\./share[d]|\.librar[y]|\bfar[m]-")
_LOCK_FILES = re.compile(r"(?:uv|poetry|Pipfile|pdm)\.lock|pylock.*\.toml|package-lock\.json")


def root_holds_only_what_is_agreed(tree: Tree) -> Iterator[str]:
    """ARCHITECTURE: the top-level folders are fixed."""
    for entry in sorted({path.parts[0] for path in tree.files} - _ROOT_ENTRIES):
        yield f"{entry}: not one of the agreed entries of the root"


def package_is_one_docstring(tree: Tree) -> Iterator[str]:
    """An `__init__.py` says what the package is for, and nothing else.

    Below `tests` an empty one will do: those folders mirror packages that have said it.
    """
    for path, text in tree.python():
        mirrors = path.parts[0] == "tests" and not text
        if path.name == "__init__.py" and not mirrors:
            body = ast.parse(text).body
            if len(body) != 1 or ast.get_docstring(ast.parse(text)) is None:
                yield f"{path}: holds more or less than one docstring"


def file_stays_small(tree: Tree) -> Iterator[str]:
    """A file that wants to grow past its budget is usually two ideas."""
    for path, text in tree.python():
        usual = _LINES_OF_A_TABLE_TEST if path.name.startswith("test_") else _LINES
        budget = _LONGER_BY_REVIEW.get(str(path), usual)
        if (lines := len(text.splitlines())) > budget:
            yield f"{path}: {lines} lines, budget {budget}"


def no_file_is_a_drawer(tree: Tree) -> Iterator[str]:
    """A drawer has no owner: everything lands there and nothing is found again."""
    for path, _ in tree.python():
        if drawers := _DRAWERS.intersection((*path.parts[:-1], path.stem)):
            yield f"{path}: {', '.join(drawers)} names no idea"


def tray_never_blocks_in_a_dialog(tree: Tree) -> Iterator[str]:
    """`exec()` re-enters the loop: on 3.12 it breaks running streams, on 3.13 it hangs."""
    for path, text in tree.python("tray"):
        if path == _RUNS_QT:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr in {"exec", "exec_"}:
                yield f"{path}:{node.lineno}: open() it and await"


def nothing_is_left_unfinished(tree: Tree) -> Iterator[str]:
    """What is not done is an issue, not a mark in a file."""
    yield from _lines_with(tree, _UNFINISHED, "left unfinished")


def no_test_is_left_out(tree: Tree) -> Iterator[str]:
    """A test that is left out proves nothing and looks as if it did."""
    for path, line, _ in _matches(tree, _SKIPPED):
        if path.parts[0] == "tests":
            yield f"{path}:{line}: a test that is left out"


def no_address_of_a_registry(tree: Tree) -> Iterator[str]:
    """Where packages come from is the user's setting, not ours."""
    yield from _lines_with(tree, _ADDRESSES, "address of a registry")


def no_path_of_one_machine(tree: Tree) -> Iterator[str]:
    """A stranger's clone has none of these paths."""
    yield from _lines_with(tree, _MACHINE, "path or tool of one machine")


def no_lock_file_is_kept(tree: Tree) -> Iterator[str]:
    """Lock files hold download addresses; `installers/locked.txt` holds the hashes."""
    for path in tree.files:
        if _LOCK_FILES.fullmatch(path.name):
            yield f"{path}: a lock file"


def _lines_with(tree: Tree, pattern: re.Pattern[str], what: str) -> Iterator[str]:
    for path, line, found in _matches(tree, pattern):
        yield f"{path}:{line}: {what}: {found}"


def _matches(tree: Tree, pattern: re.Pattern[str]) -> Iterator[tuple[PurePosixPath, int, str]]:
    for path, text in tree.texts():
        for number, line in enumerate(text.splitlines(), 1):
            if match := pattern.search(line):
                yield path, number, match.group()
