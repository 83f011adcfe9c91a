"""All tests and checks of this project, with one command and any Python from 3.9 on.

    python3 tests/run.py [--fast] [-- PYTEST ARGUMENTS]

Brings what they need first: system packages (as root on Debian and Ubuntu; elsewhere it names what
is missing), uv, an environment of its own with exactly the pinned versions, and the real Codex.
`--fast` leaves out the journeys. Ends with a table; not 0 when any part failed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from installers.bootstrap import BootstrapError, ensure_uv  # noqa: E402 - needs the path above
from tests.codex_binary import find_codex, install_codex  # noqa: E402
from tests.system_packages import MissingPackagesError, ensure_system_packages  # noqa: E402

_ENVIRONMENT = ROOT / "build" / "test-environment"
_TIME_BUDGET_S = 20 * 60
_LOOK_S = 0.2


@dataclass(frozen=True)
class Part:
    """One check: its name in the table, and the command that is the check."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How one part ended."""

    part: Part
    exit_code: int
    seconds: float

    def line(self) -> str:
        """Its line in the table."""
        verdict = "ok" if self.exit_code == 0 else f"FAILED ({self.exit_code})"
        return f"  {self.part.name:<14} {verdict:<12} {self.seconds:7.1f} s"


def parts(*, fast: bool, pytest_arguments: list[str]) -> list[tuple[Part, ...]]:
    """What is run, in order: the quick ones first; what stands together runs at the same time.

    Journeys wait for other programs most of the time, the rest of the suite computes.
    """
    tools = _ENVIRONMENT / "bin"
    pytest = (str(tools / "pytest"), *pytest_arguments)
    journeys = Part("journeys", (*pytest, "-m", "journey and not turns"))
    turns = Part("turns", (*pytest, "-m", "journey and turns"))
    rest = Part("tests", (*pytest, "-m", "not journey"))
    if pytest_arguments and not fast:
        suite: tuple[Part, ...] = (Part("pytest", pytest),)
    else:
        suite = (rest,) if fast else (rest, journeys, turns)
    return [
        (Part("lint-imports", (str(tools / "lint-imports"),)),),
        (Part("ruff check", (str(tools / "ruff"), "check")),),
        (Part("ruff format", (str(tools / "ruff"), "format", "--check")),),
        (Part("mypy", (str(tools / "mypy"),)),),
        suite,
    ]


def prepare_environment(uv: Path) -> None:
    """The pinned versions, checked by their hashes, and this checkout on top.

    Raises:
        BootstrapError: there is no Python of the wanted version.
        subprocess.CalledProcessError: uv said no; its own words are on stderr.
    """
    python = _ENVIRONMENT / "bin" / "python"
    if not _is_wanted_python(python):
        _make_environment(uv)
    pip = [str(uv), "pip"]
    into = ["--quiet", "--python", str(python)]
    locked = ROOT / "installers" / "locked.txt"
    _run([*pip, "sync", *into, "--require-hashes", str(locked)])
    # The build back end is pinned by the same file.
    build = ["--no-deps", "--build-constraints", str(locked), "--editable", "."]
    _run([*pip, "install", *into, *build])


def _make_environment(uv: Path) -> None:
    try:
        _run([str(uv), "venv", "--quiet", "--clear", str(_ENVIRONMENT)])
    except subprocess.CalledProcessError as error:
        raise BootstrapError(
            f"No Python {_wanted_python()} here, and uv could not fetch one; its own words are "
            "above. Install that Python (python.org, pyenv, your distribution) and run this again."
        ) from error


def _wanted_python() -> str:
    return (ROOT / ".python-version").read_text("utf-8").strip()


def _is_wanted_python(python: Path) -> bool:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run(
            [str(python), "-c", question], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout.strip() == _wanted_python()


def run_together(together: tuple[Part, ...]) -> list[Result]:
    """Run parts to their end; the first one's output goes where ours goes, the others' follows."""
    print(f"\n== {' beside '.join(part.name for part in together)}", flush=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        outputs = {
            part.name: stack.enter_context(tempfile.TemporaryFile()) for part in together[1:]
        }
        running = {part: _started(part, outputs.get(part.name)) for part in together}
        results = _ended(running, began)
        for name, output in outputs.items():
            output.seek(0)
            print(f"\n== {name}\n{output.read().decode('utf-8', 'replace')}", flush=True)
    return results


def _started(part: Part, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "VIRTUAL_ENV"))}
    path = os.pathsep.join([str(_ENVIRONMENT / "bin"), kept.get("PATH", os.defpath)])
    return subprocess.Popen(
        part.command, cwd=ROOT, env={**kept, "PATH": path}, stdout=output, stderr=output
    )


def _ended(running: dict[Part, subprocess.Popen[bytes]], began: float) -> list[Result]:
    """How each ended; who is over the budget is ended, and counts as 124."""
    results: dict[Part, Result] = {}
    while len(results) < len(running):
        time.sleep(_LOOK_S)
        seconds = time.monotonic() - began
        for part, process in running.items():
            if part in results:
                continue
            if (exit_code := process.poll()) is None and seconds > _TIME_BUDGET_S:
                print(f"{part.name}: ended after {_TIME_BUDGET_S} s, the budget of the suite")
                process.kill()
                process.wait()
                exit_code = 124
            if exit_code is not None:
                results[part] = Result(part, exit_code, seconds)
    return [results[part] for part in running]


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def prepare() -> None:
    """Everything that the parts need, in the order in which it can fail for others."""
    ensure_system_packages()
    uv = ensure_uv()
    prepare_environment(uv)
    if find_codex() is None:
        print("Installing the real Codex (400 MB, once)", flush=True)
        install_codex()


def main(arguments: list[str]) -> int:
    """Prepare, run every part, print the table."""
    own, pytest_arguments = _split(arguments)
    if unknown := [argument for argument in own if argument != "--fast"]:
        print(f"unknown: {' '.join(unknown)}\n{__doc__}", file=sys.stderr)
        return 2
    if sys.platform != "linux":
        print("The whole suite drives a real Linux desktop. Elsewhere, with uv:", file=sys.stderr)
        print(
            '  uv run --all-groups pytest -m "not (journey or codex or desktop)"', file=sys.stderr
        )
        return 2
    began = time.monotonic()
    try:
        prepare()
    except (BootstrapError, MissingPackagesError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: failed ({error.returncode}): {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    prepared = time.monotonic() - began
    results = [
        result
        for together in parts(fast="--fast" in own, pytest_arguments=pytest_arguments)
        for result in run_together(together)
    ]
    print(f"\n  {'prepared':<14} {'ok':<12} {prepared:7.1f} s")
    print("\n".join(result.line() for result in results), flush=True)
    return 1 if any(result.exit_code for result in results) else 0


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
