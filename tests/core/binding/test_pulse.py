"""An owner that lives and does not serve: seen after half a minute, and never by mistake."""

import errno
import http.server
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.binding.proof import forget_key, keep_key, kept_key, proof
from core.binding.pulse import Pulse, Silence, proves
from core.domain.errors import CoreError
from tests.core.binding.homes import Place
from tests.fakes.clock import FakeClock

KEY = b"fake-health-key"


class Listener:
    """Answers `/health` with `key` and `bind`; `deaf` accepts and says nothing."""

    def __init__(self, *, key: bytes = KEY, bind: str = "bind-1") -> None:
        listener = self

        class Health(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                nonce = parse_qs(urlsplit(self.path).query)["nonce"][0]
                shown = proof(listener.key, nonce=nonce, port=listener.port, bind=listener.bind)
                body = f'{{"status":"ok","proof":"{shown}"}}'.encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.key, self.bind = key, bind
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Health)
        self.port = int(self.server.server_address[1])
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01])
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def test_ours_proves_itself(listener: Listener) -> None:
    assert proves(listener.port, KEY, ["another", "bind-1"])


@pytest.mark.parametrize(
    ("key", "binds"),
    [
        pytest.param(b"fake-other-key", ["bind-1"], id="another program's listener"),
        pytest.param(KEY, ["bind-2"], id="ours, for another bind"),
    ],
)
def test_another_listener_proves_nothing(listener: Listener, key: bytes, binds: list[str]) -> None:
    assert not proves(listener.port, key, binds)


def test_nobody_there_proves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not proves(port, KEY, ["bind-1"])


def test_a_listener_that_says_nothing_proves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not proves(server.getsockname()[1], KEY, ["bind-1"], answer_s=0.05)


def test_a_listener_that_hangs_up_lives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert proves(server.getsockname()[1], KEY, ["bind-1"])
        thread.join()


@pytest.mark.parametrize(
    ("looks", "hang"),
    [
        pytest.param([(0, False), (15, False)], False, id="two failures are none"),
        pytest.param([(0, False), (15, False), (30, False)], True, id="three in half a minute are"),
        pytest.param([(0, False), (1, False), (2, False)], False, id="three at once are none"),
        pytest.param(
            [(0, False), (15, False), (30, True), (45, False)], False, id="one proof ends it"
        ),
    ],
)
def test_what_counts_as_a_hang(looks: list[tuple[float, bool]], hang: bool) -> None:
    silence = Silence()
    for at, proved in looks:
        silence = silence.after(proved=proved, at=at)
    assert silence.is_hang(now=looks[-1][0], hung_s=30.0) is hang


class TestPulse:
    """Looks at a data folder in which something is bound to a port where nobody listens."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        place = Place(tmp_path)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        place.binder().bind(place.home, port)
        return place

    def look(self, pulse: Pulse, clock: FakeClock, times: int) -> list[bool]:
        found = []
        for _ in range(times):
            clock.advance(15)
            found.append(pulse.is_lost())
        return found

    def root(self, place: Place) -> Path:
        root = place.root / "turntable"
        keep_key(root, KEY)
        return root

    def test_the_third_look_in_vain_is_a_hang(self, place: Place) -> None:
        clock = FakeClock()
        assert self.look(Pulse(self.root(place), clock), clock, 3) == [False, False, True]

    def test_an_owner_that_has_left_one_of_its_ports_is_no_hang(
        self, place: Place, tmp_path: Path, listener: Listener
    ) -> None:
        other = tmp_path / "another"
        other.mkdir()
        listener.bind = place.binder().bind(other, listener.port).bind_id
        clock = FakeClock()
        assert self.look(Pulse(self.root(place), clock), clock, 4) == [False] * 4

    def test_a_machine_that_slept_begins_anew(self, place: Place) -> None:
        clock = FakeClock()
        pulse = Pulse(self.root(place), clock)
        self.look(pulse, clock, 2)
        clock.set_wall(clock.now() + timedelta(hours=8))
        assert self.look(pulse, clock, 3) == [False, False, True]

    def test_nothing_is_asked_while_nothing_is_bound(self, place: Place) -> None:
        clock = FakeClock()
        pulse = Pulse(self.root(place), clock)
        place.binder().unbind(place.home, keep_secret=True)
        assert self.look(pulse, clock, 5) == [False] * 5

    def test_an_owner_that_has_left_no_key_is_not_judged(self, place: Place) -> None:
        clock = FakeClock()
        root = self.root(place)
        assert kept_key(root) == KEY
        forget_key(root)
        forget_key(root)
        assert kept_key(root) is None
        assert self.look(Pulse(root, clock), clock, 5) == [False] * 5

    def test_a_key_that_cannot_be_left_leaves_no_older_one(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        root = self.root(place)
        monkeypatch.setattr("core.binding.proof.Disk.save", full)
        with pytest.raises(CoreError, match="no room"):
            keep_key(root, b"another")
        clock = FakeClock()
        assert self.look(Pulse(root, clock), clock, 4) == [False] * 4

    def test_the_key_is_the_users_alone(self, place: Place) -> None:
        path = self.root(place) / "run" / "health.key"
        assert path.stat().st_mode & 0o777 == 0o600
