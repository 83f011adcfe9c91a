"""Kills a bind or an unbind at each of its steps: `python -m tests.core.binding.killed ROOT ACT`.

For each step a fresh place is made below ROOT and a child process is sent SIGKILL right before
that step. Prints one line for each death: the place's folder and the step. A process of its own,
because a test process has threads and must not fork.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.binding.codex_toml import KEY
from core.binding.durable import Step
from tests.core.binding.homes import PORT, TYPICAL, Place

LOOPBACK = f"{KEY} = 'http://localhost:1455/v1'\n".encode() + TYPICAL

type Prepare = Callable[[Path], Place]
type Act = Callable[[Place, Step], object]


def _plain(root: Path) -> Place:
    return Place(root)


def _router(root: Path) -> Place:
    return Place(root, config=LOOPBACK)


def _no_file(root: Path) -> Place:
    return Place(root, config=None)


def _no_home(root: Path) -> Place:
    place = Place(root, config=None)
    place.home.rmdir()
    return place


def _bound(prepare: Prepare) -> Prepare:
    def bound(root: Path) -> Place:
        place = prepare(root)
        place.binder().bind(place.home, PORT)
        return place

    return bound


def _lapsed(root: Path) -> Place:
    place = _bound(_router)(root)
    place.binder().unbind(place.home, keep_secret=True)
    return place


def _broken(root: Path) -> Place:
    """A bind that was killed right after its rename."""
    place = _router(root)
    _die_when(
        lambda _nth, name: name == "config: sync folder",
        lambda step: place.binder(step=step).bind(place.home, PORT),
    )
    return place


def _bind(place: Place, step: Step) -> object:
    return place.binder(step=step).bind(place.home, PORT)


def _follow(place: Place, step: Step) -> object:
    return place.binder(step=step).bind(place.home, 9000)


def _rotate(place: Place, step: Step) -> object:
    return place.binder(step=step).bind(place.home, PORT, rotate=True)


def _unbind(place: Place, step: Step) -> object:
    return place.binder(step=step).unbind(place.home)


def _lapse(place: Place, step: Step) -> object:
    return place.binder(step=step).unbind(place.home, keep_secret=True)


def _recover(place: Place, step: Step) -> object:
    return place.binder(step=step).recover()


ACTS: dict[str, tuple[Prepare, Act]] = {
    "bind": (_plain, _bind),
    "bind over a router": (_router, _bind),
    "bind without a file": (_no_file, _bind),
    "bind without a home": (_no_home, _bind),
    "bind again after a lapse": (_lapsed, _bind),
    "follow the port": (_bound(_router), _follow),
    "rotate": (_bound(_plain), _rotate),
    "unbind": (_bound(_plain), _unbind),
    "unbind over a router": (_bound(_router), _unbind),
    "unbind without a file": (_bound(_no_file), _unbind),
    "unbind without a home": (_bound(_no_home), _unbind),
    "lapse": (_bound(_router), _lapse),
    "recover": (_broken, _recover),
}


def _die_when(fatal: Callable[[int, str], bool], act: Callable[[Step], object]) -> str:
    """Run `act` in a child that dies before its fatal step; the step, or "" if it got through."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        calls = iter(range(1000))

        def step(name: str) -> None:
            if fatal(next(calls), name):
                os.write(writer, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)

        act(step)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        name = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        sys.exit(f"the child failed: {status}")
    return name


def main(root: Path, name: str) -> None:
    """Every death of the act called `name`."""
    prepare, act = ACTS[name]
    for nth in range(1000):
        place = prepare(root / str(nth))
        step = _die_when(lambda at, _, nth=nth: at == nth, partial(act, place))  # type: ignore[misc]
        if not step:
            return
        print(f"{place.root}\t{step}", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
