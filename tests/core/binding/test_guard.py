"""Turntable dies: Codex goes its own way at once, and open chats are told in one sentence."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.binding.guard import Guard, start_guard
from core.binding.last_words import SENTENCE, LastWords
from core.binding.places import Places
from core.binding.proof import keep_key
from core.binding.unbind import data_folder
from core.domain.binding import BindState
from core.runtime.paths import Home, turntable_home
from core.storage.lock import OwnerLock
from tests.core.binding.homes import PORT, TYPICAL
from tests.core.binding.machine import Machine, kill, said, soon, tells
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.timeout(60)

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "turntable" / "run").mkdir(parents=True, mode=0o700)
    machine = Machine(tmp_path)
    try:
        yield machine
    finally:
        machine.close()


def test_after_kill_9_codex_goes_its_own_way(machine: Machine) -> None:
    before = machine.place.files()
    owner, port, _ = machine.start()
    assert machine.place.address()
    kill(owner)
    soon(lambda: machine.place.files() == before)
    soon(lambda: tells(port))
    assert [record.port for record in machine.place.binder().records()] == [port]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"POST /c/x/backend-api/codex/responses HTTP/1.1\r\n\r\n", id="a turn"),
        pytest.param(
            b"GET /c/x/backend-api/codex/responses HTTP/1.1\r\nupgrade: websocket\r\n"
            b"connection: upgrade\r\n\r\n",
            id="a WebSocket",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 3_000_000,
            id="a long body",
        ),
        pytest.param(b"x" * 70_000, id="a head without end"),
    ],
)
def test_an_open_chat_hears_one_sentence(machine: Machine, request_: bytes) -> None:
    owner, port, _ = machine.start()
    kill(owner)
    soon(lambda: tells(port))
    head, _, body = said(port, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["message"] == SENTENCE


def test_the_port_is_handed_back_and_the_guard_watches_on(machine: Machine) -> None:
    before = machine.place.files()
    owner, port, guard = machine.start()
    for _ in range(2):
        secret = machine.place.binder().secret(machine.place.home)
        kill(owner)
        soon(lambda: tells(port))
        owner, again, same_guard = machine.start()
        assert (again, same_guard) == (port, guard)
        assert machine.place.binder().status(machine.place.home).state is BindState.BOUND
        assert machine.place.binder().secret(machine.place.home) == secret
    kill(owner)
    soon(lambda: machine.place.files() == before)


def test_an_owner_that_returns_in_the_same_moment_stays_bound(machine: Machine) -> None:
    owner, port, _ = machine.start()
    for _ in range(5):
        kill(owner)
        owner, again, _ = machine.start()
        assert again == port
        assert machine.place.binder().status(machine.place.home).state is BindState.BOUND


def test_after_a_clean_quit_open_chats_are_told_too(machine: Machine) -> None:
    before = machine.place.files()
    owner, port, _ = machine.start()
    owner.communicate()
    assert owner.returncode == 0
    assert machine.place.files() == before
    soon(lambda: tells(port))


def test_the_end_of_the_session_does_not_end_the_guard(machine: Machine) -> None:
    before = machine.place.files()
    owner, port, guard = machine.start()
    assert os.getsid(guard) != os.getsid(owner.pid)
    os.kill(guard, signal.SIGHUP)
    os.kill(guard, signal.SIGINT)
    os.killpg(owner.pid, signal.SIGKILL)
    owner.communicate()
    soon(lambda: machine.place.files() == before)
    soon(lambda: tells(port))


def test_a_verb_of_the_command_line_does_not_get_the_port(machine: Machine) -> None:
    owner, port, _ = machine.start()
    kill(owner)
    soon(lambda: tells(port))
    for _ in range(5):
        with OwnerLock(Places(machine.home).owner_lock, mode="import") as verb:
            soon(verb.try_acquire)
            assert tells(port)
        assert tells(port)


def test_there_is_one_guard(machine: Machine) -> None:
    _, _, guard = machine.start()
    found: list[int] = []

    def start_another() -> None:
        found.append(start_guard(machine.home))

    starts = [threading.Thread(target=start_another) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert set(found) == {guard}


def test_a_guard_with_nothing_to_guard_goes(machine: Machine) -> None:
    shutil.rmtree(machine.place.home)
    owner, _, _ = machine.start()
    owner.kill()
    owner.communicate()
    soon(machine.guard_is_gone)


def test_a_guard_of_another_version_makes_place(machine: Machine) -> None:
    """As after an upgrade: the app that starts brings its own."""
    owner, port, old = machine.start()
    lock = Places(machine.home).guard_lock
    lock.write_text(str(old))  # as the first versions have signed it
    new = start_guard(machine.home)
    machine.guards.add(new)
    assert new != old
    assert start_guard(machine.home) == new, "and stays"
    kill(owner)
    soon(lambda: tells(port))
    assert machine.place.config.read_bytes() == TYPICAL


def test_an_owner_that_is_silent_is_ended_and_open_chats_are_told(machine: Machine) -> None:
    """The stand-in proves nothing at `/health`, as if its loop hung."""
    owner, port, guard = machine.start()
    keep_key(machine.home, b"fake-health-key")
    os.kill(guard, signal.SIGKILL)
    soon(machine.guard_is_gone)
    owner.send_signal(signal.SIGSTOP)
    watching = subprocess.Popen(
        [sys.executable, "-c", QUICK, machine.home], cwd=PROJECT, stderr=subprocess.PIPE, text=True
    )
    try:
        soon(lambda: machine.place.config.read_bytes() == TYPICAL)
        assert owner.wait(10) == -signal.SIGKILL
        soon(lambda: tells(port))
        _, again, _ = machine.start()
        assert again == port
    finally:
        watching.kill()
        _, said = watching.communicate()
    assert "did not answer any more and was ended" in said


QUICK = """
import sys, pathlib
from core.binding.guard import Guard
from core.binding.pulse import Pulse
from core.runtime.clock import SystemClock
root, clock = pathlib.Path(sys.argv[1]), SystemClock()
Guard(root, clock=clock, pulse=Pulse(root, clock, every_s=0.2, hung_s=0.5, answer_s=0.2)).run()
"""


def waits_for_the_owner(guard: int) -> bool:
    """proc(5), `/proc/locks`: who waits for a lock stands behind an arrow."""
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(line[1] == "->" and int(line[5]) == guard for line in lines)


@pytest.mark.parametrize("quits", [False, True], ids=["it is killed", "it quits"])
def test_a_data_folder_that_was_removed_under_it_locks_nobody_out(
    machine: Machine, quits: bool
) -> None:
    """What says how to give Codex back has gone with it: the guard knows it by heart."""
    before = machine.place.files()
    owner, port, guard = machine.start()
    os.kill(guard, signal.SIGKILL)
    soon(machine.guard_is_gone)
    assert machine.place.files() != before
    watching = subprocess.Popen(
        [sys.executable, "-c", QUICK, machine.home], cwd=PROJECT, stderr=subprocess.PIPE, text=True
    )
    try:
        soon(lambda: waits_for_the_owner(watching.pid))
        shutil.rmtree(machine.home)
        if quits:
            owner.communicate()
        else:
            kill(owner)
        soon(lambda: machine.place.files() == before)
        soon(lambda: tells(port))
        assert not (machine.home / "binds").exists(), "and it does not come back"
    finally:
        watching.kill()
        watching.communicate()


def test_what_the_guard_did_stands_in_its_log(machine: Machine) -> None:
    owner, port, _ = machine.start()
    kill(owner)
    soon(lambda: tells(port))
    log = machine.home / "log" / "guard.log"
    assert f"{machine.place.home}: restored" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_open_chats_are_told_also_after_everything_was_removed(machine: Machine) -> None:
    owner, port, _ = machine.start()
    kill(owner)
    soon(lambda: tells(port))
    shutil.rmtree(machine.home)
    for _ in range(5):
        assert tells(port)


def test_a_config_that_is_invalid_at_the_death_is_given_back_once_it_is_mended(
    machine: Machine,
) -> None:
    owner, port, _ = machine.start()
    good = machine.place.config.read_bytes()
    machine.place.config.write_bytes(good + b"broken = \n")
    kill(owner)
    soon(lambda: tells(port))
    threading.Event().wait(2.5)  # one more try, which says nothing new
    machine.place.config.write_bytes(good + b"mended = 1\n")
    soon(lambda: machine.place.config.read_bytes() == TYPICAL + b"mended = 1\n")
    log = machine.home / "log" / "guard.log"
    soon(lambda: "restored" in log.read_text())
    assert log.read_text().count("not valid TOML") == 1


def test_a_stolen_port_does_not_keep_codex_bound(machine: Machine) -> None:
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", 0))
        thief.listen()
        port = thief.getsockname()[1]
        machine.place.binder().bind(machine.place.home, port)
        machine.guards.add(start_guard(machine.home))
        soon(lambda: machine.place.config.read_bytes() == TYPICAL)
    soon(lambda: tells(port))


def test_the_guard_is_small_idle_and_knows_nothing(machine: Machine) -> None:
    owner, port, guard = machine.start()
    if not Path(f"/proc/{guard}").exists():
        return  # only Linux lets us look

    def field(name: str) -> int:
        status = Path(f"/proc/{guard}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])

    assert b"fake-passphrase" not in Path(f"/proc/{guard}/environ").read_bytes()
    assert Path(f"/proc/{guard}/cwd").readlink() == Path("/")

    def sleeps() -> bool:
        woken = field("voluntary_ctxt_switches")
        threading.Event().wait(0.5)
        return field("voluntary_ctxt_switches") == woken

    soon(sleeps)
    assert field("VmRSS") < 20_000
    assert "libcrypto" not in Path(f"/proc/{guard}/maps").read_text()
    kill(owner)
    soon(lambda: tells(port))
    assert field("VmRSS") < 20_000


class HurryingClock(FakeClock):
    """Six hours pass whenever somebody looks."""

    def monotonic(self) -> float:
        self.advance(6 * 3600)
        return super().monotonic()


def test_after_a_day_the_guard_goes(machine: Machine) -> None:
    machine.place.binder().bind(machine.place.home, PORT)
    clock = HurryingClock()
    began = clock.now()
    Guard(machine.home, clock=clock).run()
    assert machine.place.config.read_bytes() == TYPICAL
    assert clock.now() - began >= timedelta(hours=24)


def test_a_silent_caller_is_dropped_and_many_do_no_harm() -> None:
    clock = FakeClock()
    words = LastWords(clock)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert words.listen([port, port]) == {port}
    assert words.listen([port]) == {port}
    try:
        with contextlib.ExitStack() as callers:
            silent = []
            for _ in range(70):
                caller = socket.create_connection(("127.0.0.1", port), timeout=5)
                silent.append(callers.enter_context(caller))
                words.turn(1)
            clock.advance(60)
            words.turn(0)
            assert [caller.recv(1) for caller in silent] == [b""] * 70
    finally:
        words.close()


def test_codex_can_be_given_back_by_a_bare_python(machine: Machine) -> None:
    machine.place.binder().bind(machine.place.home, PORT)
    before = TYPICAL
    done = subprocess.run(
        [sys.executable, "-I", "-S", PROJECT / "core" / "binding" / "unbind.py", machine.home],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
        cwd="/",
    )
    assert done.stdout == f"{machine.place.home}: given back\n"
    assert machine.place.config.read_bytes() == before


class TestUnbindAlone:
    """`python unbind.py`, for the day on which the app does not start."""

    def run(self, *arguments: object) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", PROJECT / "core" / "binding" / "unbind.py", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return done.returncode, done.stdout + done.stderr

    def test_nothing_bound_is_said(self, machine: Machine) -> None:
        assert self.run(machine.home) == (0, "Nothing is bound.\n")

    def test_a_folder_that_does_not_exist_is_named(self, tmp_path: Path) -> None:
        code, text = self.run(tmp_path / "nowhere")
        assert code == 2
        assert "nowhere does not exist" in text

    def test_what_cannot_be_given_back_is_an_error(self, machine: Machine) -> None:
        machine.place.binder().bind(machine.place.home, PORT)
        machine.place.config.write_text("broken = ")
        code, text = self.run(machine.home)
        assert code == 1
        assert "not valid TOML at line 1" in text

    def test_a_later_value_is_left_alone(self, machine: Machine) -> None:
        machine.place.binder().bind(machine.place.home, PORT)
        machine.place.config.write_text("openai_base_url = 'https://mine.example'\n")
        code, text = self.run(machine.home)
        assert code == 6
        assert "left alone" in text


@pytest.mark.parametrize(
    "environment",
    [{"TURNTABLE_HOME": "/somewhere"}, {"XDG_DATA_HOME": "/data"}, {}],
    ids=["named", "XDG", "neither"],
)
def test_the_bare_python_looks_where_the_app_looks(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TURNTABLE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = data_folder(environment, platform=sys.platform, user=Path.home())
    assert found == turntable_home(environment).root


def test_guard_and_app_agree_on_the_places(tmp_path: Path) -> None:
    places, home = Places(tmp_path), Home(root=tmp_path)
    assert places.binds == home.binds
    assert places.owner_lock == home.owner_lock
    assert places.bind_lock == home.bind_lock
    assert places.guard_lock.parent == home.run
    assert places.guard_log.parent == home.log
