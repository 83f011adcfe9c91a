"""The rules of the house hold in this checkout, and each is able to fail."""

from collections.abc import Callable, Iterator

import pytest

from tests.house import import_rules, text_rules
from tests.house.tree import Tree

Rule = Callable[[Tree], Iterator[str]]

# Each rule with files that break it and the start of each complaint, in order.
_BROKEN: tuple[tuple[Rule, dict[str, str], list[str]], ...] = (
    (
        text_rules.root_holds_only_what_is_agreed,
        {"core/a.py": "", "setup.py": "", "scripts/x.sh": ""},
        ["scripts:", "setup.py:"],
    ),
    (
        text_rules.package_is_one_docstring,
        {
            "core/__init__.py": '"""Words."""\n',
            "core/a/__init__.py": "",
            "tests/core/__init__.py": "",
            "core/b/__init__.py": '"""Words."""\nimport os\n',
        },
        ["core/a/__init__.py:", "core/b/__init__.py:"],
    ),
    (
        text_rules.file_stays_small,
        {
            "core/a.py": "x = 1\n" * 400,
            "core/b.py": "x = 1\n" * 401,
            "tests/test_a.py": "x = 1\n" * 600,
            "tests/test_b.py": "x = 1\n" * 601,
        },
        ["core/b.py: 401 lines", "tests/test_b.py: 601 lines"],
    ),
    (
        text_rules.no_file_is_a_drawer,
        {"core/utils.py": "", "core/common/a.py": "", "core/commons.py": ""},
        ["core/utils.py:", "core/common/a.py:"],
    ),
    (
        text_rules.tray_never_blocks_in_a_dialog,
        {
            "tray/a.py": "dialog.open()\ndialog.exec()\n",
            "tray/guest_loop.py": "application.exec()\n",
            "core/b.py": "cursor.exec()\n",
        },
        ["tray/a.py:2:"],
    ),
    (
        text_rules.nothing_is_left_unfinished,
        {"core/a.py": f"x = 1  # {'TO' + 'DO'}: later\n", "docs/b.md": "todo lists are fine\n"},
        ["core/a.py:1:"],
    ),
    (
        text_rules.no_test_is_left_out,
        {"tests/test_a.py": f"import pytest\n@pytest.mark.{'ski' + 'p'}\ndef test(): ...\n"},
        ["tests/test_a.py:2:"],
    ),
    (
        text_rules.no_address_of_a_registry,
        {"docs/a.md": f"See https://{'pypi' + '.org'}/x\n", "docs/b.md": "See https://example.com"},
        ["docs/a.md:1:"],
    ),
    (
        text_rules.no_path_of_one_machine,
        {
            "docs/a.md": f"cd /{'work'}/main\n",
            "docs/b.md": f"ls ../{'shared'}/x\n",
            "docs/c.md": f"cat /{'tmp'}/abc1\n",
            "docs/d.md": "cd turntable; echo networks/framework/roots\n",
        },
        ["docs/a.md:1:", "docs/b.md:1:", "docs/c.md:1:"],
    ),
    (
        text_rules.no_lock_file_is_kept,
        {"uv.lock": "", "tests/package-lock.json": "", "core/lock.py": ""},
        ["uv.lock:", "tests/package-lock.json:"],
    ),
    (
        import_rules.pure_modules_touch_nothing,
        {
            "core/routing/a.py": "import time\n",
            "core/domain/b.py": "from os import path\n",
            "core/oauth/protocol.py": "import dataclasses\n",
            "core/oauth/login.py": "import asyncio\n",
        },
        ["core/routing/a.py: pure, but imports time", "core/domain/b.py: pure, but imports os"],
    ),
    (
        import_rules.stdlib_modules_import_nothing_else,
        {
            "core/binding/codex_toml.py": "import tomllib, tomlkit\nimport core.domain.a\n",
            "core/domain/a.py": "from core.domain.b import B\n",
            "core/domain/b.py": "import httpx\n",
            "core/domain/c.py": "import httpx\n",
        },
        ["core/binding/codex_toml.py: imports tomlkit", "core/domain/b.py: imports httpx"],
    ),
    (
        import_rules.what_runs_before_the_environment_runs_on_any_python,
        {
            "tests/run.py": "match 1:\n    case 1:\n        pass\n",
            "installers/bootstrap.py": "import os\nimport httpx\n",
        },
        ["tests/run.py:", "installers/bootstrap.py: imports httpx"],
    ),
    (
        import_rules.only_the_edges_catch_everything,
        {
            "core/a.py": "try:\n    x()\nexcept (ValueError, Exception):\n    pass\n",
            "core/b.py": "try:\n    x()\nexcept:\n    pass\n",
            "core/c.py": "try:\n    x()\nexcept BaseException:\n    undo()\n    raise\n",
            "core/d.py": "try:\n    x()\nexcept Exception as e:\n    future.set_exception(e)\n",
            "core/proxy/upstream.py": "try:\n    x()\nexcept Exception:\n    log()\n",
        },
        ["core/a.py:3:", "core/b.py:3:"],
    ),
    (
        import_rules.every_module_is_imported_by_a_test,
        {
            "core/a/__init__.py": "",
            "core/a/seen.py": "",
            "core/a/named.py": "",
            "core/a/alone.py": "",
            "core/a/part.py": "import core.a.part_of_part\n",
            "core/a/part_of_part.py": "",
            "core/a/whole.py": "from core.a.part import x\n",
            "core/control/table.py": 'Verb(function="said:x")\n',
            "core/control/verbs/said.py": "",
            "tests/test_a.py": (
                "import core.a.seen, core.a.whole, core.control.table\nfrom core.a import named\n"
            ),
        },
        ["core/a/alone.py:", "core/a/part_of_part.py:"],
    ),
)
_RULES = [rule for rule, _, _ in _BROKEN]


@pytest.fixture(scope="module")
def checkout() -> Tree:
    return Tree.of_checkout()


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.__name__)
def test_this_checkout_keeps_the_rule(rule: Rule, checkout: Tree) -> None:
    assert list(rule(checkout)) == []


@pytest.mark.parametrize(
    ("rule", "files", "complaints"), _BROKEN, ids=[rule.__name__ for rule in _RULES]
)
def test_what_breaks_the_rule_is_named(
    rule: Rule, files: dict[str, str], complaints: list[str]
) -> None:
    found = list(rule(Tree.of(files)))
    assert len(found) == len(complaints), found
    assert all(f.startswith(c) for f, c in zip(found, complaints, strict=True)), found


def test_every_rule_that_is_written_is_also_run() -> None:
    written = {
        rule
        for module in (text_rules, import_rules)
        for name, rule in vars(module).items()
        if callable(rule) and rule.__module__ == module.__name__ and not name.startswith("_")
    }
    assert written == set(_RULES)
