"""What people install: the packaged app, made here, passes what the checkout passes."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

from core.domain.version import VERSION
from installers.build import make_app, program_in, size_of
from installers.linux import make_appdir, make_deb
from tests.fakes.desktop import Desktop
from tests.smoke import smoke

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one-folder app of this system."""
    return make_app(tmp_path_factory.mktemp("app"))


@pytest.fixture
def program(app: Path) -> Path:
    return program_in(app, sys.platform)


def alone(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing of this checkout can be found."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}


def test_it_passes_the_checkouts_smoke(program: Path) -> None:
    assert smoke([str(program), "demo", "--serve"]) == ""


def test_it_knows_its_version_and_is_not_too_large(program: Path, app: Path) -> None:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"turntable {VERSION}"
    assert size_of(app) < 205e6


def test_the_charts_of_the_usage_page_are_in_it(program: Path, app: Path) -> None:
    """Loaded by name when the page opens: what is missing would be missed by nothing else."""
    archive = CArchiveReader(str(program))
    modules = set(archive.open_embedded_archive("PYZ.pyz").toc)
    assert {"pyqtgraph", "pyqtgraph.Qt.OpenGLHelpers", "numpy", "pydoc"} <= modules
    assert not {one for one in modules if one.startswith(("pyqtgraph.examples", "scipy", "PIL"))}
    files = {path.name.partition(".")[0] for path in app.rglob("Qt*.so")}
    assert {"QtOpenGL", "QtOpenGLWidgets"} <= files
    assert not files & {"QtNetwork", "QtTest", "QtQml"}


def test_every_verb_is_in_it(program: Path, tmp_path: Path) -> None:
    """Verbs are imported by name: what an analysis has missed would fail only when it is called."""
    env = alone(tmp_path)
    for words in (["status"], ["accounts"], ["startup", "status"], ["config", "explain"], ["log"]):
        ran = subprocess.run(
            [program, *words], env=env, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, ""), words


def test_codex_does_not_inherit_the_apps_own_libraries(program: Path, tmp_path: Path) -> None:
    codex = tmp_path / "bin" / "codex"
    codex.parent.mkdir()
    codex.write_text("#!/bin/sh\nenv\n")
    codex.chmod(0o755)
    env = alone(tmp_path) | {"PATH": f"{codex.parent}:/usr/bin:/bin"}
    ran = subprocess.run(
        [program, "codex", "--direct", "--"], env=env, capture_output=True, text=True, check=True
    )
    assert str(program.parent) not in ran.stdout


async def test_the_tray_shows_itself_on_a_real_desktop(
    program: Path, tmp_path: Path, desktop: Desktop
) -> None:
    env = alone(tmp_path) | dict(desktop.env) | {"TURNTABLE_HOME": str(tmp_path / "data")}
    env |= {"TURNTABLE_BIND_WATCH": "false", "QT_QPA_PLATFORM": "xcb"}
    process = await asyncio.create_subprocess_exec(
        program, env=env, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(60):
            while True:
                ran = await asyncio.create_subprocess_exec(
                    program, "status", "--json", env=env, stdout=asyncio.subprocess.PIPE
                )
                stdout, _ = await ran.communicate()
                if b'"mode": "tray"' in stdout:
                    break
                assert process.returncode is None, (await process.communicate())[1].decode()
        stop = await asyncio.create_subprocess_exec(
            program, "stop", env=env, stdout=asyncio.subprocess.DEVNULL
        )
        assert await stop.wait() == 0
        async with asyncio.timeout(30):
            _, stderr = await process.communicate()
        assert (process.returncode, stderr.decode()) == (0, "")
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()


def test_the_guard_of_the_app_is_small(program: Path, tmp_path: Path) -> None:
    """It is the same program by another first word, and loads nothing of it."""
    import fcntl

    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "owner.lock").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        started = subprocess.run(
            [program, "guard-process", "--home", tmp_path, "--detach"],
            capture_output=True,
            check=True,
        )
        guard = int(started.stdout)
        try:
            status = Path(f"/proc/{guard}/status").read_text()
        finally:
            os.kill(guard, signal.SIGKILL)
    (resident,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    assert int(resident) < 20_000


def test_the_appdir_runs_from_wherever_it_lies(app: Path, tmp_path: Path) -> None:
    appdir = make_appdir(app, tmp_path)
    moved = tmp_path / "some where" / "else"
    moved.parent.mkdir()
    appdir.rename(moved)
    link = tmp_path / "Turntable.AppImage"
    link.symlink_to(moved / "AppRun")
    assert smoke([str(link), "demo", "--serve"]) == ""
    checked = subprocess.run(
        ["desktop-file-validate", moved / "turntable.desktop"], capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, b"")


def test_the_deb_unpacks_to_a_program_that_runs(app: Path, tmp_path: Path) -> None:
    package = make_deb(app, tmp_path, version=VERSION)
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    assert smoke([str(root / "usr/lib/turntable/turntable"), "demo", "--serve"]) == ""
    shown = subprocess.run(
        ["dpkg-deb", "--field", package, "Package", "Version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"Package: turntable\nVersion: {VERSION}\n"
    listed = subprocess.run(
        ["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True
    )
    owners = {line.split()[1] for line in listed.stdout.splitlines()}
    assert owners == {"root/root"}
    scripts = tmp_path / "scripts"
    subprocess.run(["dpkg-deb", "--control", package, scripts], check=True)
    subprocess.run(["sh", "-n", scripts / "prerm"], check=True)
    assert shutil.which("runuser")
