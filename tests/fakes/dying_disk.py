"""A program that dies in the middle of what it does to a disk: before the Nth call, not near it.

A small library is loaded before the C library (Linux). Once `arm` was called, each call that
changes a file below a path counts, and before the last of them the kernel kills the program: inside
SQLite's checkpoint, or between the bytes of a backup and its name, where no line of Python stands.
"""

import ctypes
import shutil
import subprocess
from pathlib import Path

FOR_EVER = 2**31 - 1
"""Armed with this it only counts."""

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char below[PATH_MAX];
static int left;

void arm(const char *path, int calls) {
    snprintf(below, sizeof below, "%s", path);
    left = calls;
}
int calls_left(void) { return left; }

static void reach(const char *path) {
    if (left > 0 && strncmp(path, below, strlen(below)) == 0 && --left == 0)
        kill(getpid(), SIGKILL);
}
static void reach_file(int fd) {
    char name[64], path[PATH_MAX];
    if (left <= 0) return;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, sizeof path - 1);
    if (n <= 0) return;
    path[n] = 0;
    reach(path);
}
#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
ssize_t write(int fd, const void *b, size_t n) { reach_file(fd); return NEXT(write)(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) {
    reach_file(fd);
    return NEXT(pwrite)(fd, b, n, o);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) {
    reach_file(fd);
    return NEXT(pwrite64)(fd, b, n, o);
}
int fsync(int fd) { reach_file(fd); return NEXT(fsync)(fd); }
int fdatasync(int fd) { reach_file(fd); return NEXT(fdatasync)(fd); }
int ftruncate(int fd, off_t n) { reach_file(fd); return NEXT(ftruncate)(fd, n); }
int ftruncate64(int fd, off64_t n) { reach_file(fd); return NEXT(ftruncate64)(fd, n); }
int link(const char *from, const char *to) { reach(to); return NEXT(link)(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    reach(to);
    return NEXT(linkat)(a, from, b, to, flags);
}
int unlink(const char *path) { reach(path); return NEXT(unlink)(path); }
"""


def build(folder: Path) -> Path:
    """The library, for `LD_PRELOAD`; needs a C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler is not None, "this test needs a C compiler: apt-get install gcc"
    source, library = folder / "dying_disk.c", folder / "dying_disk.so"
    source.write_text(_SOURCE)
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


def arm(below: Path, calls: int = FOR_EVER) -> None:
    """Die before the `calls`th call from now on that changes a file whose path begins so.

    Only in a program that was started with the library.
    """
    ctypes.CDLL(None).arm(str(below).encode(), calls)


def counted() -> int:
    """How many calls there were since `arm(below)`."""
    return FOR_EVER - int(ctypes.CDLL(None).calls_left())
