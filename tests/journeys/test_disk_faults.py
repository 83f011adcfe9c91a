"""A disk that is full, broken or read-only: a clear sentence, and the last good state is kept."""

import errno
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.standin.people import make_login
from core.standin.server import StandIn
from tests.fakes.small_disk import AS_ROOT, fill, small_disk
from tests.fakes.tokens import write_auth_json
from tests.journeys.turntable import Ran, Turntable

PASSPHRASE = "a fake passphrase"

# Loaded before the C library: a write or fsync below FAULTY_PATH fails with FAULTY_ERRNO.
_FAULTS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int faulty(int fd) {
    const char *below = getenv("FAULTY_PATH"), *flag = getenv("FAULTY_FLAG");
    if (!below || !flag || access(flag, F_OK) != 0) return 0;
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    if (strncmp(path, below, strlen(below)) != 0) return 0;
    errno = atoi(getenv("FAULTY_ERRNO"));
    return 1;
}
#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
ssize_t write(int fd, const void *b, size_t n) { return faulty(fd) ? -1 : NEXT(write)(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) {
    return faulty(fd) ? -1 : NEXT(pwrite)(fd, b, n, o);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) {
    return faulty(fd) ? -1 : NEXT(pwrite64)(fd, b, n, o);
}
int fsync(int fd) { return faulty(fd) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return faulty(fd) ? -1 : NEXT(fdatasync)(fd); }
"""


class Machine:
    """A user with two people's auth.json files, and a data folder on a disk that will fail."""

    def __init__(self, folder: Path, data: Path, back_end: StandIn, **env: str) -> None:
        self.folder = folder
        self.home = data
        for name in "AB":
            login = make_login(name)
            back_end.add(login)
            write_auth_json(folder / name, login)
        self.turntable = Turntable(
            data,
            {
                "PATH": "",
                "HOME": str(folder),
                "TURNTABLE_PASSPHRASE": PASSPHRASE,
                "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
                **env,
            },
        )

    async def bring_in(self, name: str) -> Ran:
        home = str(self.folder / name)
        return await self.turntable.run("import", "--from", "codex", "--json", CODEX_HOME=home)

    async def labels(self) -> list[str]:
        return [a["label"] for a in (await self.turntable.done("accounts"))["accounts"]]

    async def is_whole(self) -> bool:
        ran = await self.turntable.run("verify", "--json")
        return ran.exit_code == 0 and "The one sealed login opens." in ran.stdout


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB of its own."""
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a disk fail."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler is not None, "this test needs a C compiler: apt-get install gcc"
    folder = tmp_path_factory.mktemp("faults")
    source, library = folder / "faults.c", folder / "faults.so"
    source.write_text(_FAULTS)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"],
        check=True,
        capture_output=True,
    )
    return library


async def test_a_full_disk_is_said_and_what_was_saved_is_kept(
    tmp_path: Path, disk: Path, back_end: StandIn
) -> None:
    machine = Machine(tmp_path, disk / "turntable", back_end)
    assert (await machine.bring_in("A")).exit_code == 0
    ballast = fill(disk)
    refused = await machine.bring_in("B")
    assert refused.exit_code == 1
    assert refused.json["error"]["code"] == "disk_full", refused.stdout
    assert "Traceback" not in refused.stderr
    backup = await machine.turntable.run("backup", str(disk / "mine.backup"), "--json")
    assert backup.json["error"]["code"] == "disk_full"
    assert not (disk / "mine.backup").exists()
    ballast.unlink()
    assert await machine.labels() == ["a"]
    assert await machine.is_whole()
    assert (await machine.bring_in("B")).exit_code == 0
    assert await machine.labels() == ["a", "b"]


async def test_a_write_that_fails_is_said_and_what_was_saved_is_kept(
    tmp_path: Path, back_end: StandIn, faults: Path
) -> None:
    flag = tmp_path / "broken"
    machine = Machine(
        tmp_path,
        tmp_path / "turntable",
        back_end,
        LD_PRELOAD=str(faults),
        FAULTY_PATH=str(tmp_path / "turntable" / "vault.db"),
        FAULTY_FLAG=str(flag),
        FAULTY_ERRNO=str(errno.EIO),
    )
    assert (await machine.bring_in("A")).exit_code == 0
    flag.touch()
    refused = await machine.bring_in("B")
    assert refused.exit_code == 1
    assert refused.json["error"]["code"] == "disk_failed", refused.stdout
    assert "Traceback" not in refused.stderr
    flag.unlink()
    assert await machine.labels() == ["a"]
    assert await machine.is_whole()
    assert (await machine.bring_in("B")).exit_code == 0


async def test_a_folder_that_may_only_be_read_is_read(
    tmp_path: Path, disk: Path, back_end: StandIn
) -> None:
    machine = Machine(tmp_path, disk / "turntable", back_end)
    assert (await machine.bring_in("A")).exit_code == 0
    subprocess.run([*AS_ROOT, "mount", "-o", "remount,ro", str(disk)], check=True)
    refused = await machine.bring_in("B")
    assert refused.exit_code == 1
    assert refused.json["error"]["code"] in {"data_not_writable", "home_not_usable"}
    assert "Traceback" not in refused.stderr
    assert await machine.labels() == ["a"]
    subprocess.run([*AS_ROOT, "mount", "-o", "remount,rw", str(disk)], check=True)
    assert await machine.is_whole()


async def test_a_backup_on_a_broken_disk_leaves_no_half_file(
    tmp_path: Path, back_end: StandIn, faults: Path
) -> None:
    flag, out = tmp_path / "broken", tmp_path / "out"
    out.mkdir()
    machine = Machine(
        tmp_path,
        tmp_path / "turntable",
        back_end,
        LD_PRELOAD=str(faults),
        FAULTY_PATH=str(out),
        FAULTY_FLAG=str(flag),
        FAULTY_ERRNO=str(errno.EIO),
    )
    assert (await machine.bring_in("A")).exit_code == 0
    flag.touch()
    ran = await machine.turntable.run("backup", str(out / "mine.backup"), "--json")
    assert ran.json["error"]["code"] == "disk_failed", ran.stdout
    assert list(out.iterdir()) == []
    flag.unlink()
    assert (await machine.turntable.run("backup", str(out / "mine.backup"))).exit_code == 0
