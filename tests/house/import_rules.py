"""Who may import what, beyond the staircase that import-linter watches.

A rule takes a tree and yields a sentence for each place that breaks it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house.tree import Tree, imported_modules, module_name

_PURE = (
    "core.domain",
    "core.routing",
    "core.words",
    "core.oauth.protocol",
    "core.quota.parse",
    "core.proxy.messages",
    "core.proxy.facts",
    "core.proxy.sse",
    "core.proxy.classify",
    "core.proxy.chat",
    "core.binding.codex_toml",
    "tray.present",
)
_WORLD = frozenset(
    {
        "asyncio",
        "socket",
        "sqlite3",
        "os",
        "time",
        "random",
        "secrets",
        "logging",
        "threading",
        "subprocess",
        "httpx",
        "keyring",
        "PySide6",
        "qasync",
    }
)
_STDLIB_ONLY = ("core.binding.codex_toml",)
_VERB_FUNCTION = re.compile(r'function="(\w+):\w+"')
_MAY_CATCH_ANYTHING = frozenset(
    {
        "tray.bridge",
        "core.runtime.bus",  # one listener that fails must not silence the others
        "core.control.endpoint",  # a verb that fails must be answered; its owner goes on
        "core.runtime.tasks",
        "core.proxy.listener",
        "core.proxy.upstream",
    }
)
_BEFORE_AN_ENVIRONMENT = frozenset(
    {"installers/bootstrap.py", "tests/run.py", "tests/system_packages.py", "tests/codex_binary.py"}
)
_OLDEST_PYTHON = (3, 9)


def pure_modules_touch_nothing(tree: Tree) -> Iterator[str]:
    """Deciding never waits: no loop, no clock, no disk, no chance, no log in a pure module."""
    for path, text in tree.python("core", "tray"):
        if _is_below(module_name(path), _PURE):
            for module in sorted({name.partition(".")[0] for name in imported_modules(text)}):
                if module in _WORLD:
                    yield f"{path}: pure, but imports {module}"


def stdlib_modules_import_nothing_else(tree: Tree) -> Iterator[str]:
    """What the guard and `unbind.py` run alone must run without our dependencies.

    The modules of ours that they import are held to the same.
    """
    sources = {module_name(path): (path, text) for path, text in tree.python("core")}
    waiting, seen = [*_STDLIB_ONLY], set[str]()
    while waiting:
        module = waiting.pop()
        if module in sources and module not in seen:
            seen.add(module)
            path, text = sources[module]
            yield from _foreign(path, text, but=frozenset({"core"}))
            waiting.extend(sorted(imported_modules(text)))


def what_runs_before_the_environment_runs_on_any_python(tree: Tree) -> Iterator[str]:
    """The first command on a fresh machine meets its own Python and nothing else."""
    for path, text in tree.python("installers", "tests"):
        if str(path) in _BEFORE_AN_ENVIRONMENT:
            try:
                ast.parse(text, feature_version=_OLDEST_PYTHON)
            except SyntaxError as error:
                yield f"{path}:{error.lineno}: not Python {_OLDEST_PYTHON}: {error.msg}"
            yield from _foreign(path, text, but=frozenset({"installers", "tests"}))


def only_the_edges_catch_everything(tree: Tree) -> Iterator[str]:
    """An error that nobody expected must not vanish."""
    for path, text in tree.python("core", "tray"):
        if module_name(path) not in _MAY_CATCH_ANYTHING:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                    yield f"{path}:{node.lineno}: catches everything"


def every_module_is_imported_by_a_test(tree: Tree) -> Iterator[str]:
    """A module that no test names, nor a module that a test names, was written for nobody.

    A part that only the tested whole uses is tested through it; a part of a part is not.
    """
    named: set[str] = set()
    for _, text in tree.python("tests"):
        named |= imported_modules(text)
    reached = set(named)
    for path, text in tree.python("core"):
        reached |= _named_verbs(text)
        if module_name(path) in named:
            reached |= imported_modules(text)
    for path, _ in tree.python("core"):
        if path.name not in {"__init__.py", "__main__.py"} and module_name(path) not in reached:
            yield f"{path}: no test imports it, nor anything that a test imports"


def _named_verbs(text: str) -> set[str]:
    """What a table of verbs imports when one is performed (docs/decisions/0012)."""
    return {f"core.control.verbs.{module}" for module in _VERB_FUNCTION.findall(text)}


def _foreign(path: PurePosixPath, text: str, *, but: frozenset[str]) -> Iterator[str]:
    for module in sorted({name.partition(".")[0] for name in imported_modules(text)}):
        if module not in sys.stdlib_module_names | but:
            yield f"{path}: imports {module}, which is not in the standard library"


def _is_below(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {node.id for node in caught if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"}) and not _passes_it_on(handler)


def _passes_it_on(handler: ast.ExceptHandler) -> bool:
    """Does it raise again, or hand the error to whoever awaits a future?"""
    return any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Attribute) and node.attr == "set_exception")
        for node in ast.walk(handler)
    )
