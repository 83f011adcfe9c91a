"""Whether the machine runs on its battery, as each system says it."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.runtime.power import (
    Power,
    look,
    of_line_status,
    of_pmset,
    of_supplies,
    read_supplies,
)
from tests.fakes.clock import FakeClock

PLUGGED = {"type": "Mains", "online": "1"}
PULLED = {"type": "Mains", "online": "0"}
DRAINING = {"type": "Battery", "status": "Discharging"}
CHARGING = {"type": "Battery", "status": "Charging"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        pytest.param([], None, id="a machine that says nothing"),
        pytest.param([PULLED, DRAINING], True, id="a laptop with its plug pulled"),
        pytest.param([PLUGGED, CHARGING], False, id="a laptop that charges"),
        pytest.param([PLUGGED, DRAINING], False, id="a weak plug is a plug"),
        pytest.param([{"type": "USB", "online": "1"}, DRAINING], False, id="a plug over USB-C"),
        pytest.param([DRAINING], True, id="a tablet without a plug of its own"),
        pytest.param([CHARGING], False, id="one that charges"),
        pytest.param([PULLED], False, id="a plug that is out, and no battery to run on"),
        pytest.param([MOUSE], None, id="a mouse's battery powers no computer"),
        pytest.param([{"type": "UPS", "status": ""}], None, id="something else"),
    ],
)
def test_the_supplies_of_linux(supplies: list[Mapping[str, str]], on_battery: bool | None) -> None:
    assert of_supplies(supplies) is on_battery


def test_supplies_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    for name, attributes in (("AC", PULLED), ("BAT0", DRAINING)):
        (tmp_path / name).mkdir()
        for attribute, value in attributes.items():
            (tmp_path / name / attribute).write_text(f"{value}\n")
    assert of_supplies(read_supplies(tmp_path)) is True
    assert read_supplies(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("text", "on_battery"),
    [
        pytest.param(
            "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t83%; discharging\n",
            True,
            id="its battery",
        ),
        pytest.param("Now drawing from 'AC Power'\n", False, id="mains"),
        pytest.param("", None, id="no answer"),
    ],
)
def test_what_macos_says(text: str, on_battery: bool | None) -> None:
    assert of_pmset(text) is on_battery


@pytest.mark.parametrize(
    ("status", "on_battery"), [(0, True), (1, False), (255, None), (None, None)]
)
def test_what_windows_says(status: int | None, on_battery: bool | None) -> None:
    assert of_line_status(status) is on_battery


def test_this_machine_can_be_asked() -> None:
    assert look() in (True, False, None), sys.platform


def test_the_system_is_asked_once_a_minute_and_silence_counts_as_mains(clock: FakeClock) -> None:
    answers = [None, True, False]
    power = Power(clock=clock, look=lambda: answers.pop(0))
    assert [power.on_battery(), power.on_battery()] == [False, False]
    clock.advance(60)
    assert [power.on_battery(), power.on_battery()] == [True, True]
    clock.advance(60)
    assert power.on_battery() is False
