"""A program whose wall clock is set while it runs, as a user, NTP or waking up sets it.

A small library is loaded before the C library (Linux). It adds the seconds that stand in a file to
whatever the system says the time of day is; the monotonic clock goes on, as on Linux and macOS over
a sleep. The file is mapped: a jump is there at once, in the middle of whatever the program does.
"""

import mmap
import shutil
import struct
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead;

__attribute__((constructor)) static void look(void) {
    const char *path = getenv("WALL_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *found = mmap(0, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
    if (found != MAP_FAILED) ahead = found;
    close(fd);
}
#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
static int64_t seconds(void) { return ahead ? *ahead : 0; }
int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = NEXT(clock_gettime);
    int failed = next(which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += seconds();
    return failed;
}
time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *restrict told, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    told->tv_sec = now.tv_sec;
    told->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""
_SECONDS = struct.Struct("=q")


class WallClock:
    """`env` is what a program is started with; `jump` sets the clock of all that were."""

    def __init__(self, folder: Path) -> None:
        """Builds the library; needs a C compiler."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        assert compiler is not None, "this test needs a C compiler: apt-get install gcc"
        source, self._library = folder / "wall_clock.c", folder / "wall_clock.so"
        self._file = folder / "wall_clock.seconds"
        source.write_text(_SOURCE)
        self._file.write_bytes(_SECONDS.pack(0))
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(source)]
        subprocess.run([*command, "-ldl"], check=True, capture_output=True)

    @property
    def env(self) -> Mapping[str, str]:
        return {"LD_PRELOAD": str(self._library), "WALL_CLOCK": str(self._file)}

    def jump(self, by: timedelta) -> None:
        """From now on it is so much later, or earlier, than it would have been."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), _SECONDS.size) as seconds:
            (ahead,) = _SECONDS.unpack(seconds[:])
            seconds[:] = _SECONDS.pack(ahead + int(by.total_seconds()))
