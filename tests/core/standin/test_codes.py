"""A code is good once, for a while, for whoever asked for it."""

from datetime import timedelta

import pytest

from core.standin.authorization import challenge_of
from core.standin.codes import CODE_LIFE, Codes
from core.standin.issuer import Issuer
from core.standin.people import make_person
from tests.core.standin.signing_in import REDIRECT, VERIFIER
from tests.fakes.clock import FakeClock

PERSON = make_person("A")


@pytest.fixture
def codes(clock: FakeClock) -> Codes:
    return Codes(clock.now)


def _code(codes: Codes) -> str:
    return codes.mint(PERSON, redirect_uris=[REDIRECT], code_challenge=challenge_of(VERIFIER))


def test_whoever_asked_gets_the_person(codes: Codes) -> None:
    code = _code(codes)
    grant = codes.redeem(code, redirect_uri=REDIRECT, code_verifier=VERIFIER)
    assert grant is not None
    assert grant.person == PERSON
    assert codes.owner(code) == "A"


@pytest.mark.parametrize(
    ("redirect_uri", "verifier"),
    [
        pytest.param(REDIRECT, "w" * 43, id="another verifier"),
        pytest.param("http://localhost:1455/auth/callback", VERIFIER, id="another address"),
    ],
)
def test_a_wrong_proof_spends_the_code(codes: Codes, redirect_uri: str, verifier: str) -> None:
    code = _code(codes)
    assert codes.redeem(code, redirect_uri=redirect_uri, code_verifier=verifier) is None
    assert codes.redeem(code, redirect_uri=REDIRECT, code_verifier=VERIFIER) is None


def test_a_code_runs_out(codes: Codes, clock: FakeClock) -> None:
    last, late = _code(codes), _code(codes)
    clock.advance(CODE_LIFE - timedelta(seconds=1))
    assert codes.redeem(last, redirect_uri=REDIRECT, code_verifier=VERIFIER) is not None
    clock.advance(timedelta(seconds=1))
    assert codes.redeem(late, redirect_uri=REDIRECT, code_verifier=VERIFIER) is None


def test_a_code_that_comes_twice_ends_what_it_gave(codes: Codes, clock: FakeClock) -> None:
    code = _code(codes)
    grant = codes.redeem(code, redirect_uri=REDIRECT, code_verifier=VERIFIER)
    assert grant is not None
    grant.family = Issuer(clock.now).sign_in(PERSON)
    assert codes.redeem(code, redirect_uri=REDIRECT, code_verifier=VERIFIER) is None
    assert grant.family.revoked


def test_a_code_that_nobody_made_is_nobody_s(codes: Codes) -> None:
    assert codes.redeem("ac_x", redirect_uri=REDIRECT, code_verifier=VERIFIER) is None
    assert codes.owner("ac_x") is None
