"""The versions that everybody gets, written down twice and kept the same.

    python -m installers.pins            resolve again to what is current, and write both
    python -m installers.pins --check    say whether both agree; needs no network

`constraint-dependencies` in pyproject.toml makes `uv run turntable` reproducible without a lock
file (uv's own would hold download addresses); `locked.txt` holds the same versions with their
hashes, for the test environment and the packages. `uv.txt` is the same for uv itself.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installers.bootstrap import ROOT, ensure_uv

PYTHONS = "3.12"
_CONSTRAINTS = re.compile(r"^constraint-dependencies = \[.*?\]$", re.MULTILINE | re.DOTALL)
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One package at one version; `marker` says where, empty where everywhere."""

    name: str
    version: str
    marker: str


def pins_of(locked: str) -> tuple[Pin, ...]:
    """The pins of a requirements file with hashes, in its order."""
    found = (_PIN.match(line) for line in locked.splitlines())
    return tuple(
        Pin(name=_normal(m["name"]), version=m["version"], marker=(m["marker"] or "").strip())
        for m in found
        if m
    )


def constraints_of(pins: Sequence[Pin]) -> tuple[str, ...]:
    """What stands in pyproject.toml; a marker only where it tells two versions apart."""
    versions = Counter(pin.name for pin in pins)
    return tuple(
        f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if versions[pin.name] > 1 else "")
        for pin in pins
    )


def with_constraints(pyproject: str, constraints: Iterable[str]) -> str:
    """`pyproject` with this list in place of its own; everything else byte for byte.

    Raises:
        ValueError: the list does not stand there exactly once.
    """
    lines = "".join(f'    "{constraint}",\n' for constraint in constraints)
    text = f"constraint-dependencies = [\n{lines}]" if lines else "constraint-dependencies = []"
    written, times = _CONSTRAINTS.subn(lambda _: text, pyproject)
    if times != 1:
        raise ValueError(f"constraint-dependencies stands {times} times in pyproject.toml")
    return written


def disagreements(pyproject: str, locked: str) -> tuple[str, ...]:
    """What the two files say differently, a sentence each; empty when they agree."""
    project = tomllib.loads(pyproject)
    pins = pins_of(locked)
    expected = set(constraints_of(pins))
    stated = set(project["tool"]["uv"]["constraint-dependencies"])
    # What builds the project itself: a part of the same list, which uv wants said apart.
    builders = set(project["tool"]["uv"].get("build-constraint-dependencies", []))
    wanted = {
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(name for group in project["dependency-groups"].values() for name in group),
    }
    needed = {_normal(re.split(r"[^A-Za-z0-9._-]", wish, maxsplit=1)[0]) for wish in wanted}
    return (
        *(f"{it}: in locked.txt, not in pyproject.toml" for it in sorted(expected - stated)),
        *(f"{it}: in pyproject.toml, not in locked.txt" for it in sorted(stated - expected)),
        *(f"{it}: builds, not in locked.txt" for it in sorted(builders - expected)),
        *(f"{it}: needed, not pinned" for it in sorted(needed - {pin.name for pin in pins})),
        *(f"{it}: no hash" for it in _unhashed(locked)),
    )


def _unhashed(locked: str) -> tuple[str, ...]:
    entries = re.sub(r"\\\n", " ", locked).splitlines()
    return tuple(entry for entry in entries if _PIN.match(entry) and "--hash=sha256:" not in entry)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(pyproject: str, *, uv: Path) -> str:
    """The current versions of everything that any group needs, on every platform, with hashes."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pyproject.toml").write_text(with_constraints(pyproject, []), "utf-8")
        # What describing the project reads: the build back end takes the version from its file.
        for name in ("README.md", "LICENSE", ".python-version", "core/domain/version.py"):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, project / name)
        return _uv(
            uv, "export", "--project", folder, "--all-groups", "--no-emit-project",
            "--no-annotate", "--no-header", "--format", "requirements.txt",
        )  # fmt: skip


def resolve_uv(*, uv: Path) -> str:
    """The current uv with the hashes of its builds for every platform."""
    with tempfile.TemporaryDirectory() as folder:
        wish = Path(folder) / "wish.txt"
        wish.write_text("uv\n", "utf-8")
        return _uv(
            uv, "pip", "compile", str(wish), "--universal", "--generate-hashes",
            "--python-version", PYTHONS, "--no-annotate", "--no-header", "--quiet",
        )  # fmt: skip


def _uv(uv: Path, *arguments: str) -> str:
    done = subprocess.run([uv, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def main(arguments: list[str]) -> int:
    """Write the pins, or check them."""
    pyproject, locked = ROOT / "pyproject.toml", ROOT / "installers" / "locked.txt"
    if arguments == ["--check"]:
        found = disagreements(pyproject.read_text("utf-8"), locked.read_text("utf-8"))
        print("\n".join(found) or "pyproject.toml and locked.txt agree")
        return 1 if found else 0
    uv = ensure_uv()
    fresh = resolve(pyproject.read_text("utf-8"), uv=uv)
    locked.write_text(fresh, "utf-8")
    (ROOT / "installers" / "uv.txt").write_text(resolve_uv(uv=uv), "utf-8")
    constraints = constraints_of(pins_of(fresh))
    pyproject.write_text(with_constraints(pyproject.read_text("utf-8"), constraints), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
