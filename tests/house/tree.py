"""The project's files as the rules of the house see them."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Path, relative to the root → bytes, for every file that is or would be tracked."""

    files: Mapping[PurePosixPath, bytes]

    @classmethod
    def of_checkout(cls) -> Self:
        """This checkout: what git tracks, and what it would if it were added."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        paths = (PurePosixPath(name) for name in sorted(set(listed.split("\0")) - {""}))
        # A tracked file that was just deleted is listed, too.
        present = (path for path in paths if (ROOT / path).is_file())
        return cls(files={path: (ROOT / path).read_bytes() for path in present})

    @classmethod
    def of(cls, files: Mapping[str, str]) -> Self:
        """A made-up one."""
        return cls(files={PurePosixPath(name): text.encode() for name, text in files.items()})

    def texts(self) -> Iterator[tuple[PurePosixPath, str]]:
        """Every file that people read; pictures are left out."""
        for path, data in self.files.items():
            if b"\0" not in data:
                yield path, data.decode("utf-8")

    def python(self, *folders: str) -> Iterator[tuple[PurePosixPath, str]]:
        """The Python files below these folders; everywhere when none is named."""
        for path, text in self.texts():
            if path.suffix == ".py" and (not folders or path.parts[0] in folders):
                yield path, text


def module_name(path: PurePosixPath) -> str:
    """`core/proxy/server.py` → `core.proxy.server`; a package's `__init__` is the package."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(text: str) -> frozenset[str]:
    """Every module that this source names in an import; `from a import b` is `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                found.add(module)
                found.update(f"{module}.{alias.name}" for alias in names)
            case _:
                pass
    return frozenset(found)
