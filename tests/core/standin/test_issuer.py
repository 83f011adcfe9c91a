from datetime import timedelta

from core.standin.issuer import ACCESS_TOKEN_LIFE, Denied, Issuer
from core.standin.people import Login, make_login, signed_in_again, with_expiry
from tests.fakes.clock import START, FakeClock


def _redeemed(issuer: Issuer, token: str) -> Login:
    login = issuer.redeem(token)
    assert isinstance(login, Login)
    return login


def test_a_refresh_token_is_good_once(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    issuer.admit(login)
    second = _redeemed(issuer, login.refresh_token)
    assert second.generation == 2
    assert second.expires_at == START + ACCESS_TOKEN_LIFE
    assert _redeemed(issuer, second.refresh_token).generation == 3


def test_reuse_kills_the_whole_family_and_no_other(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    other = signed_in_again(login, family=2)
    family = issuer.admit(login)
    issuer.admit(other)
    second = _redeemed(issuer, login.refresh_token)
    assert issuer.redeem(login.refresh_token) == Denied.REUSED
    assert family.revoked
    assert family.reuses == 1
    assert issuer.redeem(second.refresh_token) == Denied.INVALIDATED
    assert issuer.recognise(second.access_token) == Denied.TOKEN_INVALIDATED
    assert issuer.recognise(login.access_token) == Denied.TOKEN_INVALIDATED
    assert _redeemed(issuer, other.refresh_token).family == 2


def test_an_unknown_token_opens_nothing(clock: FakeClock) -> None:
    issuer = Issuer(clock.now)
    assert issuer.redeem("fake-refresh-X-1-1") == Denied.INVALIDATED
    assert issuer.recognise("x.y.z") == Denied.TOKEN_UNKNOWN
    assert not issuer.revoke("x.y.z")


def test_an_access_token_ends_with_its_exp(clock: FakeClock) -> None:
    issuer = Issuer(clock.now)
    login = with_expiry(make_login("A"), START + timedelta(minutes=5))
    family = issuer.admit(login)
    assert issuer.recognise(login.access_token) is family
    clock.advance(timedelta(minutes=5))
    assert issuer.recognise(login.access_token) == Denied.TOKEN_EXPIRED


def test_older_access_tokens_stay_good_until_they_expire(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    family = issuer.admit(login)
    issuer.redeem(login.refresh_token)
    assert issuer.recognise(login.access_token) is family


def test_expiring_access_leaves_the_refresh_token_good(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    issuer.admit(login)
    issuer.expire_access("A")
    assert issuer.recognise(login.access_token) == Denied.TOKEN_EXPIRED
    second = _redeemed(issuer, login.refresh_token)
    assert issuer.recognise(second.access_token) is issuer.owner(second.access_token)


def test_an_expired_refresh_token_does_not_end_the_access(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    family = issuer.admit(login)
    issuer.expire_refresh("A")
    assert issuer.redeem(login.refresh_token) == Denied.EXPIRED
    assert issuer.recognise(login.access_token) is family
    assert not family.revoked


def test_the_life_of_the_next_tokens_can_be_set(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    issuer.admit(login)
    issuer.set_life("A", timedelta(minutes=1))
    assert _redeemed(issuer, login.refresh_token).expires_at == START + timedelta(minutes=1)


def test_a_revoked_login_is_dead_by_either_token(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    issuer.admit(login)
    assert issuer.revoke(login.refresh_token)
    assert issuer.recognise(login.access_token) == Denied.TOKEN_INVALIDATED
