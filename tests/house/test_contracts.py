"""The staircase holds, and `core` runs on a machine that has no Qt."""

import subprocess
import sys
from pathlib import Path

from tests.house.tree import ROOT

_IMPORT_ALL_WITHOUT_QT = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6", "qasync", "tray"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoQt())
import core
names = [module.name for module in pkgutil.walk_packages(core.__path__, "core.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


def _lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    # Beside this interpreter, so that it sees the same packages.
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--config", str(root / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def _import_all(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", _IMPORT_ALL_WITHOUT_QT],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_staircase_holds() -> None:
    checked = _lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout


def test_step_up_the_staircase_is_refused(tmp_path: Path) -> None:
    contract = (
        '[tool.importlinter]\nroot_packages = ["core"]\n'
        '[[tool.importlinter.contracts]]\nname = "stairs"\ntype = "layers"\n'
        'layers = ["core.app", "core.domain"]\n'
    )
    files = {"core/__init__.py": "", "core/app.py": "", "core/domain.py": "import core.app\n"}
    checked = _lint_imports(_tree(tmp_path, files | {"pyproject.toml": contract}))
    assert checked.returncode == 1
    assert "core.domain -> core.app" in checked.stdout


def test_core_imports_on_a_machine_without_qt() -> None:
    imported = _import_all(ROOT)
    assert imported.returncode == 0, imported.stderr
    assert int(imported.stdout) > 10


def test_module_of_core_that_needs_qt_is_found(tmp_path: Path) -> None:
    root = _tree(tmp_path, {"core/__init__.py": "", "core/a.py": "import PySide6.QtCore\n"})
    imported = _import_all(root)
    assert imported.returncode == 1
    assert "No module named 'PySide6'" in imported.stderr
