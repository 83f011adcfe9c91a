"""The `.deb` in a Debian where nothing else ever was: installed, run against the stand-in, removed.

    python -m tests.bench.clean_root PACKAGE [--root FOLDER] [--suite bookworm] [--mirror URL]

As root, with debootstrap and a mirror: minutes, and a few hundred megabytes. Nothing of this
project but the package is inside, and no Python: the stand-in runs outside, on the network that
both share. Prints a line for each promise, and ends with 1 at the first that is broken.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from core.standin.people import make_login
from core.standin.server import StandIn
from tests.smoke import smoke

_USER = "somebody"
_HOME = f"/home/{_USER}"
_BEFORE = b'# mine\r\nmodel = "gpt-6.1-sol"\r\n'
_ASKED = {"model": "gpt-6.1-sol", "input": "hi", "stream": True}
_SOON_S = 30.0


class BrokenPromiseError(Exception):
    """What is not as it should be, in a sentence."""


def main(arguments: list[str]) -> int:
    """Everything; 0 when each promise was kept."""
    parser = argparse.ArgumentParser(description="Try the .deb in a clean Debian.")
    parser.add_argument("package", type=Path)
    parser.add_argument("--root", type=Path, help="A folder that debootstrap has filled already.")
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--mirror", help="Default: the one that debootstrap knows.")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        try:
            root = given.root or stack.enter_context(_debian(given.suite, given.mirror))
            stack.enter_context(_mounted(root))
            _install(root, given.package)
            wrong = smoke(_as_user(root, "turntable", "demo", "--serve"))
            _say(wrong, "it starts, listens and stops")
            wrong = asyncio.run(_journey(root))
            _say(wrong, "bound, served, removed: config.toml is as before, only data is left")
        except BrokenPromiseError as broken:
            sys.stdout.write(f"no: {broken}\n")
            return 1
    return 0


@contextmanager
def _debian(suite: str, mirror: str | None) -> Iterator[Path]:
    """A smallest Debian, for as long as the block runs."""
    root = Path(tempfile.mkdtemp(prefix="clean-root-"))
    root.chmod(0o755)  # everybody inside may enter
    try:
        at = () if mirror is None else (mirror,)
        _run("debootstrap", "--variant=minbase", suite, str(root), *at)
        yield root
    finally:
        # Never into what is mounted there: it is this system's own.
        _run("rm", "-rf", "--one-file-system", str(root))


def _install(root: Path, package: Path) -> None:
    inside = root / "package.deb"
    shutil.copyfile(package, inside)
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y")
    _run("chroot", str(root), *quiet, "update")
    _run("chroot", str(root), *quiet, "install", "--no-install-recommends", "/package.deb")
    inside.unlink()
    if (root / _HOME.lstrip("/")).exists():
        _run("chroot", str(root), "userdel", "--remove", _USER)
    _run("chroot", str(root), "useradd", "--create-home", _USER)
    python = (root / "usr/bin").glob("python3*")
    _say("there is a Python inside" if any(python) else "", "apt installs it, and no Python")


async def _journey(root: Path) -> str:
    """What is wrong with a whole life of it, or nothing."""
    home = root / _HOME.lstrip("/")
    login = make_login("A")
    config = home / ".codex" / "config.toml"
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        back_end.add(login)
        config.parent.mkdir(mode=0o700, exist_ok=True)
        config.write_bytes(_BEFORE)
        (config.parent / "auth.json").write_text(json.dumps(login.auth_json))
        _run("chroot", str(root), "chown", "-R", f"{_USER}:", f"{_HOME}/.codex")
        said = {
            "TURNTABLE_PASSPHRASE": "a fake passphrase",
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
        }
        await _verb(root, said, "import")
        await _verb(root, said, "startup", "enable")
        await _verb(root, said, "launcher", "install")
        wrong = await _life(root, config, said)
    _end_guard(home)
    if wrong:
        return wrong
    if config.read_bytes() != _BEFORE:
        return f"config.toml is {config.read_bytes()!r}"
    left = [
        str(path.relative_to(home))
        for path in home.rglob("*turntable*")
        if ".local/share/turntable" not in str(path)
    ]
    return f"left behind: {', '.join(left)}" if left else ""


async def _life(root: Path, config: Path, said: dict[str, str]) -> str:
    """What is wrong from its start to the removal of the package, or nothing."""
    serving = await asyncio.create_subprocess_exec(
        *_as_user(root, "turntable", "serve", **said), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert serving.stdout is not None
        async with asyncio.timeout(_SOON_S):
            address = (await serving.stdout.readline()).decode().split()[-1]
        await _verb(root, said, "bind")
        if b"openai_base_url" not in config.read_bytes():
            return "config.toml does not name it"
        created = json.loads(await _verb(root, said, "client", "create", "--label", "x", "--json"))
        async with httpx.AsyncClient(trust_env=False, timeout=_SOON_S) as client:
            headers = {"authorization": f"Bearer {created['token']}"}
            answer = await client.post(f"{address}/v1/responses", json=_ASKED, headers=headers)
        if answer.status_code != 200 or "Hello from A." not in answer.text:
            return f"a request was answered {answer.status_code}: {answer.text[:200]}"
        removed = ("apt-get", "-q", "-y", "remove", "turntable")
        await asyncio.to_thread(_run, "chroot", str(root), *removed)
        async with asyncio.timeout(_SOON_S):
            await serving.wait()
    finally:
        with suppress(ProcessLookupError):
            serving.kill()
        await serving.communicate()
    return ""


def _end_guard(home: Path) -> None:
    """It would answer chats that are still open for a day; here there are none."""
    lock = home / ".local/share/turntable/run/guard.lock"
    with suppress(OSError, IndexError):
        os.kill(int(lock.read_text().split()[0]), signal.SIGTERM)


async def _verb(root: Path, said: dict[str, str], *words: str) -> str:
    return await asyncio.to_thread(_run, *_as_user(root, "turntable", *words, **said))


def _as_user(root: Path, *command: str, **environment: str) -> list[str]:
    """The command inside, as the user, with no environment but this."""
    said = {"HOME": _HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | environment
    return [
        "chroot", f"--userspec={_USER}:{_USER}", str(root),
        "/usr/bin/env", "-i", *(f"{name}={value}" for name, value in said.items()), *command,
    ]  # fmt: skip


@contextmanager
def _mounted(root: Path) -> Iterator[None]:
    """With what a running system has, and programs have to find."""
    for name in ("proc", "dev"):
        _run("mount", "--bind", f"/{name}", str(root / name))
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    try:
        yield
    finally:
        for name in ("proc", "dev"):
            subprocess.run(["umount", "-l", str(root / name)], check=False)


def _run(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise BrokenPromiseError(f"{' '.join(command)}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.stdout


def _say(wrong: str, kept: str) -> None:
    if wrong:
        raise BrokenPromiseError(wrong)
    sys.stdout.write(f"yes: {kept}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
