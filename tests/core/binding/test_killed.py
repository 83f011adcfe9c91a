"""kill -9 before every durable act: Codex's config is whole, and comes back byte by byte."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.binding.address import base_address
from core.binding.undo_all import undo_all
from core.domain.binding import BindState, UndoResult
from tests.core.binding.homes import TYPICAL, Place
from tests.core.binding.killed import ACTS, LOOPBACK

pytestmark = pytest.mark.timeout(60)

FEWEST_STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Where a process died, and at which step."""

    place: Place
    step: str


def deaths(root: Path, act: str) -> list[Death]:
    """Every place in which `act` was killed at another step."""
    killed = subprocess.run(
        [sys.executable, "-m", "tests.core.binding.killed", str(root), act],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    found = [line.split("\t") for line in killed.stdout.splitlines()]
    return [Death(place=Place(Path(root), make=False), step=step) for root, step in found]


def original(act: str) -> dict[str, tuple[bytes, int]]:
    """What the Codex home held before anything of ours."""
    if "without" in act:
        return {}
    routed = {"bind over a router", "bind again after a lapse", "follow the port"}
    routed |= {"unbind over a router", "lapse", "recover"}
    return {"config.toml": (LOOPBACK if act in routed else TYPICAL, 0o644)}


def no_leftovers(place: Place) -> bool:
    return not list(place.root.rglob("*.tmp"))


@pytest.mark.parametrize("act", ACTS)
def test_after_a_kill_the_next_start_puts_things_right(tmp_path: Path, act: str) -> None:
    died = deaths(tmp_path, act)
    assert len(died) >= FEWEST_STEPS
    for death in died:
        place = death.place
        place.address()  # parses, at the very moment of the death
        place.binder().recover()
        assert place.binder().recover() == (), death.step
        status = place.binder().status(place.home)
        if status.state is BindState.BOUND:
            secret = place.binder().secret(place.home)
            assert status.port is not None
            assert secret is not None
            assert place.address() == base_address(status.port, secret), death.step
        else:
            assert status.state is BindState.UNBOUND, death.step
            assert place.files() == original(act), death.step
        assert no_leftovers(place), death.step
        assert place.binder().unbind(place.home).result is not UndoResult.LEFT_ALONE
        assert place.files() == original(act), death.step
        assert place.notes() == [], death.step
        assert place.home.exists() is ("without a home" not in act), death.step


@pytest.mark.parametrize("act", ACTS)
def test_after_a_kill_unbind_alone_puts_things_right(tmp_path: Path, act: str) -> None:
    for death in deaths(tmp_path, act):
        place = death.place
        assert place.binder().unbind(place.home).result is not UndoResult.LEFT_ALONE
        assert place.files() == original(act), death.step
        assert [note for note in place.notes() if note != ".tmp"] == [], death.step


@pytest.mark.parametrize("act", ACTS)
def test_after_a_kill_the_guard_leaves_nothing_bound(tmp_path: Path, act: str) -> None:
    for death in deaths(tmp_path, act):
        place = death.place
        assert undo_all(place.root / "turntable").complete, death.step
        assert place.files() == original(act), death.step
        assert place.binder().status(place.home).state is BindState.UNBOUND, death.step


@pytest.mark.parametrize("act", ["bind", "follow the port", "unbind", "lapse"])
def test_after_a_kill_binding_again_works(tmp_path: Path, act: str) -> None:
    for death in deaths(tmp_path, act):
        place = death.place
        receipt = place.binder().bind(place.home, 9100)
        assert place.address() == base_address(9100, receipt.secret), death.step
        place.binder().unbind(place.home)
        assert place.files() == original(act), death.step
