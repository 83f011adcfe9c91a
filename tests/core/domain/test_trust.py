"""Tokens go to the official hosts, to this machine, and where the user allows it; nowhere else."""

import pytest

from core.domain.trust import OFFICIAL_BACK_END, may_be_sent_to

ROWS = [
    pytest.param("https://chatgpt.com/backend-api", False, True, id="the official host"),
    pytest.param("http://chatgpt.com/backend-api", False, False, id="the official host in clear"),
    pytest.param("https://chatgpt.com.example.com/", False, False, id="a host that begins like it"),
    pytest.param("https://evil.example.com@chatgpt.com/", False, True, id="a user name before it"),
    pytest.param("https://chatgpt.com@evil.example.com/", False, False, id="it as a user name"),
    pytest.param("http://127.0.0.1:8080/x", False, True, id="this machine"),
    pytest.param("http://[::1]:8080/x", False, True, id="this machine by IPv6"),
    pytest.param("http://localhost/x", False, True, id="this machine by name"),
    pytest.param("https://gateway.example.com", False, False, id="somebody's gateway"),
    pytest.param("https://gateway.example.com", True, True, id="a gateway that is allowed"),
    pytest.param("http://gateway.example.com", True, False, id="a gateway in clear"),
    pytest.param("ftp://127.0.0.1/", True, False, id="another scheme"),
    pytest.param("https://", True, False, id="no host"),
    pytest.param("https://[::1", True, False, id="no address"),
    pytest.param("https://chatgpt.com:99999/", False, False, id="no port"),
]


@pytest.mark.parametrize(("address", "allow_custom", "may"), ROWS)
def test_where_a_token_may_go(address: str, allow_custom: bool, may: bool) -> None:
    found = may_be_sent_to(address, official=OFFICIAL_BACK_END, allow_custom=allow_custom)
    assert found is may
