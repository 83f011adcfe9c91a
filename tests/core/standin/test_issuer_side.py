"""The issuer put together: every path of its own has somebody who answers."""

from core.standin.issuer_side import IssuerSide
from core.standin.script import ISSUER_ENDPOINTS, Endpoint, Script
from core.standin.world import World
from tests.fakes.clock import FakeClock

# Grants of the token path, which is one path.
_GRANTS = {Endpoint.EXCHANGE, Endpoint.API_KEY}


def test_every_endpoint_of_the_issuer_is_answered(clock: FakeClock) -> None:
    side = IssuerSide(world=World(clock.now), script=Script(), redirect_ports=(1455,))
    assert {*side.programs, *side.pages} == ISSUER_ENDPOINTS - _GRANTS


def test_device_codes_are_sent_where_the_issuer_is(clock: FakeClock) -> None:
    side = IssuerSide(world=World(clock.now), script=Script(), redirect_ports=())
    side.found_at("http://127.0.0.1:1")
    assert side.devices.redirect_uris == {
        "https://auth.openai.com/deviceauth/callback",
        "http://127.0.0.1:1/deviceauth/callback",
    }
