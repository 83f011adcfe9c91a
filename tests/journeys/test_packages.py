"""What people install: the packaged app, made here, passes what the checkout passes."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

from core.domain.version import VERSION
from installers.build import make_app, program_in, size_of
from installers.linux import make_appdir, make_deb
from tests.core.binding.homes import Place
from tests.core.binding.machine import soon, tells
from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayHost
from tests.smoke import smoke

pytestmark = pytest.mark.timeout(400)

ROUTE = "Route Codex through Turntable"
GUARD_KB = 17_500
"""What a guard may keep resident, watching or answering; 20 MB are promised."""


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


def test_the_guard_of_the_app_is_small_while_it_watches_and_while_it_answers(
    program: Path, tmp_path: Path, free_port: int
) -> None:
    """It is the same program by another first word, and loads nothing of it."""
    place = Place(tmp_path)
    place.binder().bind(place.home, free_port)
    data = tmp_path / "turntable"
    with (data / "run" / "owner.lock").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        started = subprocess.run(
            [program, "guard-process", "--home", data, "--detach"],
            capture_output=True,
            check=True,
        )
        guard = int(started.stdout)
        watching = resident_kb(guard)
    try:
        soon(lambda: tells(free_port))
        answering = resident_kb(guard)
    finally:
        os.kill(guard, signal.SIGKILL)
    assert watching < GUARD_KB
    assert answering < GUARD_KB


def resident_kb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    (resident,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(resident)


@pytest.fixture(scope="module")
def app_run(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What starts the AppDir, which was moved to a place of which it knows nothing."""
    folder = tmp_path_factory.mktemp("appdir")
    moved = folder / "some where" / "else"
    moved.parent.mkdir()
    make_appdir(app, folder).rename(moved)
    link = folder / "Turntable.AppImage"
    link.symlink_to(moved / "AppRun")
    return link


def test_the_appdir_runs_from_wherever_it_lies(app_run: Path) -> None:
    assert smoke([str(app_run), "demo", "--serve"]) == ""
    entry = app_run.resolve().with_name("turntable.desktop")
    checked = subprocess.run(["desktop-file-validate", entry], capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"")


async def test_the_appdir_is_a_tray_app_from_its_icon_to_its_end(
    app_run: Path, tmp_path: Path, desktop: Desktop, free_port: int
) -> None:
    config = tmp_path / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_bytes(b"# mine\n")
    env = alone(tmp_path) | dict(desktop.env) | {"HOME": str(tmp_path)}
    env |= {"TURNTABLE_BIND_WATCH": "false", "TURNTABLE_PROXY_PORT": str(free_port)}
    env |= {"TURNTABLE_HOME": str(tmp_path / "data"), "QT_QPA_PLATFORM": "xcb"}
    async with TrayHost(desktop.bus_address) as host:
        process = await asyncio.create_subprocess_exec(
            app_run, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        try:
            item = await host.wait_for_item(60)
            assert (await item.menu()).entries[0].label == "No account yet"
            await item.click(ROUTE)
            async with asyncio.timeout(20):
                while b"openai_base_url" not in config.read_bytes():  # noqa: ASYNC110 - the app
                    await asyncio.sleep(0.02)
            await item.click("Quit")
            async with asyncio.timeout(30):
                stdout, stderr = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.communicate()
        assert (process.returncode, stdout, stderr) == (0, b"", b"")
        await host.wait_until_empty()
    assert config.read_bytes() == b"# mine\n"
    assert running_from(app_run.resolve().parent) == []


def running_from(folder: Path) -> list[str]:
    """The processes whose program lies below `folder`."""
    programs = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is not ours
            programs.append(str((process / "exe").readlink()))
    return [program for program in programs if program.startswith(f"{folder}/")]


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
