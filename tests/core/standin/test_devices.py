"""Device sign-ins without a server: codes, manners, time."""

from datetime import timedelta

import pytest

from core.standin.authorization import proves
from core.standin.codes import Codes
from core.standin.devices import INTERVAL, LIFE, Confirmed, Devices, Pending
from core.standin.people import make_person
from tests.fakes.clock import FakeClock

PERSON = make_person("A")
REDIRECT = "https://auth.openai.com/deviceauth/callback"


@pytest.fixture
def codes(clock: FakeClock) -> Codes:
    return Codes(clock.now)


@pytest.fixture
def devices(clock: FakeClock, codes: Codes) -> Devices:
    return Devices(clock.now, codes)


def test_a_confirmed_device_gets_a_code_that_it_can_redeem(devices: Devices, codes: Codes) -> None:
    device = devices.begin()
    devices.confirm(device, PERSON)
    got = devices.poll(device.device_auth_id, device.user_code)
    assert isinstance(got, Confirmed)
    assert proves(got.code_verifier, got.code_challenge)
    grant = codes.redeem(
        got.authorization_code, redirect_uri=REDIRECT, code_verifier=got.code_verifier
    )
    assert grant is not None
    assert grant.person == PERSON


@pytest.mark.parametrize("typed", ["FAKE-00001", " fake-00001 ", "fake00001"])
def test_a_code_is_found_as_people_type_it(devices: Devices, typed: str) -> None:
    device = devices.begin()
    devices.begin()
    assert devices.typed(typed) is device


def test_waiting_the_interval_is_never_too_fast(devices: Devices, clock: FakeClock) -> None:
    device = devices.begin()
    for _ in range(3):
        assert devices.poll(device.device_auth_id, device.user_code) is Pending.WAITING
        clock.advance(INTERVAL)


def test_who_asks_too_fast_waits_longer_each_time(devices: Devices, clock: FakeClock) -> None:
    device = devices.begin()
    devices.poll(device.device_auth_id, device.user_code)
    clock.advance(INTERVAL / 2)
    assert devices.poll(device.device_auth_id, device.user_code) is Pending.SLOW_DOWN
    assert device.interval == 2 * INTERVAL


def test_a_device_may_be_confirmed_to_the_last_second(devices: Devices, clock: FakeClock) -> None:
    device = devices.begin()
    clock.advance(LIFE - timedelta(seconds=1))
    assert devices.typed(device.user_code) is device
    clock.advance(timedelta(seconds=1))
    assert devices.typed(device.user_code) is None
    assert devices.poll(device.device_auth_id, device.user_code) is Pending.EXPIRED
