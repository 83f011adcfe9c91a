"""Logins go to the official issuer and to loopback; anywhere else only where the user said so."""

import pytest

from core.domain.errors import CoreError
from core.domain.settings import UpstreamSettings
from core.oauth.issuer import issuer_of


@pytest.mark.parametrize(
    ("address", "custom"),
    [
        pytest.param("https://auth.openai.com", False, id="the official one"),
        pytest.param("http://127.0.0.1:9000", False, id="loopback, plain"),
        pytest.param("http://[::1]:9000", False, id="loopback, IPv6"),
        pytest.param("http://localhost:9000", False, id="loopback by name"),
        pytest.param("https://sso.example.com", True, id="another one that was allowed"),
    ],
)
def test_logins_may_go_there(address: str, custom: bool) -> None:
    settings = UpstreamSettings(auth_url=address + "/", allow_custom=custom)
    assert issuer_of(settings) == address


@pytest.mark.parametrize(
    ("address", "custom"),
    [
        pytest.param("http://auth.openai.com", False, id="the official one without https"),
        pytest.param("https://auth.openai.com.example.com", False, id="a name that looks like it"),
        pytest.param("https://sso.example.com", False, id="another one"),
        pytest.param("http://sso.example.com", True, id="another one without https"),
        pytest.param("ftp://127.0.0.1", False, id="no web address"),
        pytest.param("https://[", True, id="no address at all"),
        pytest.param("", True, id="nothing"),
    ],
)
def test_logins_may_not_go_there(address: str, custom: bool) -> None:
    with pytest.raises(CoreError, match="no login is sent there") as caught:
        issuer_of(UpstreamSettings(auth_url=address, allow_custom=custom))
    assert caught.value.code == "foreign_issuer"
