"""Which proxy a connection leaves through: the setting, the system, and who needs none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.egress import EgressProxy, NoProxy, Way, is_excepted, masked, proxy_of, way_to

OFFICE = EgressProxy(secure=False, host="proxy.office", port=3128)


@pytest.mark.parametrize(
    ("host", "chosen", "named", "way"),
    [
        pytest.param("chatgpt.com", "", {}, None, id="nothing is set: directly"),
        pytest.param("chatgpt.com", "http://proxy.office:3128", {}, OFFICE, id="the setting"),
        pytest.param("chatgpt.com", "", {"https": "http://proxy.office:3128"}, OFFICE, id="https"),
        pytest.param("chatgpt.com", "", {"all": "proxy.office:3128"}, OFFICE, id="all"),
        pytest.param(
            "chatgpt.com", "", {"https": "proxy.office:3128", "all": "other:1"}, OFFICE,
            id="https before all",
        ),
        pytest.param("chatgpt.com", "", {"http": "proxy.office:3128"}, None, id="http is not ours"),
        pytest.param(
            "chatgpt.com", "", {"https": "proxy.office:3128", "no": "chatgpt.com"}, None,
            id="an exception of the system",
        ),
        pytest.param(
            "chatgpt.com", "proxy.office:3128", {"no": "chatgpt.com"}, OFFICE,
            id="the setting knows no exceptions",
        ),
        pytest.param("127.0.0.1", "proxy.office:3128", {}, None, id="this machine, by address"),
        pytest.param("localhost", "", {"all": "proxy.office:3128"}, None, id="this machine"),
        pytest.param("chatgpt.com", "socks5://proxy.office", {}, NoProxy(), id="SOCKS"),
    ],
)  # fmt: skip
def test_a_connection_leaves(host: str, chosen: str, named: dict[str, str], way: Way) -> None:
    assert way_to(host, 443, chosen=chosen, named=named) == way


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        pytest.param("proxy.office", EgressProxy(secure=False, host="proxy.office", port=80)),
        pytest.param("https://p", EgressProxy(secure=True, host="p", port=443), id="by TLS"),
        pytest.param("http://[::1]:8080", EgressProxy(secure=False, host="::1", port=8080)),
        pytest.param(
            "http://me:p%40ss@p:1",
            EgressProxy(secure=False, host="p", port=1, basic="bWU6cEBzcw=="),
            id="with a login, decoded",
        ),
        pytest.param("http://", NoProxy(), id="no host"),
        pytest.param("http://p:port", NoProxy(), id="no port"),
        pytest.param("ftp://p", NoProxy(), id="another scheme"),
    ],
)
def test_a_proxy_is_read(text: str, proxy: EgressProxy | NoProxy) -> None:
    assert proxy_of(text) == proxy


def test_a_proxy_shows_its_address_and_never_its_login() -> None:
    proxy = proxy_of("https://me:fake-secret@[::1]:8443")
    assert isinstance(proxy, EgressProxy)
    assert proxy.shown == "https://[::1]:8443"
    assert proxy.basic not in repr(proxy)


@pytest.mark.parametrize(
    ("exceptions", "host", "excepted"),
    [
        pytest.param("*", "chatgpt.com", True, id="everyone"),
        pytest.param("a, chatgpt.com", "chatgpt.com", True, id="one of several"),
        pytest.param("chatgpt.com", "us.chatgpt.com", True, id="a host below"),
        pytest.param(".chatgpt.com", "us.chatgpt.com", True, id="with a dot"),
        pytest.param("*.chatgpt.com", "us.chatgpt.com", True, id="with a star"),
        pytest.param("ChatGPT.com", "chatgpt.COM", True, id="in any case"),
        pytest.param("chatgpt.com", "notchatgpt.com", False, id="no host below, only alike"),
        pytest.param("chatgpt.com:443", "chatgpt.com", True, id="with the port"),
        pytest.param("chatgpt.com:8443", "chatgpt.com", False, id="with another port"),
        pytest.param("10.0.0.0/8", "10.1.2.3", True, id="a network"),
        pytest.param("10.0.0.0/8", "11.1.2.3", False, id="another network"),
        pytest.param("[fe80::1]:443", "fe80::1", True, id="an address in brackets"),
        pytest.param(",, ,", "chatgpt.com", False, id="nothing"),
        pytest.param(".", "chatgpt.com", False, id="a dot alone"),
    ],
)
def test_no_proxy_is_read_as_curl_does(exceptions: str, host: str, excepted: bool) -> None:
    assert is_excepted(host, 443, exceptions) is excepted


@given(text=st.text(), host=st.text(min_size=1), named=st.dictionaries(st.text(), st.text()))
def test_no_text_upsets_the_rule(text: str, host: str, named: dict[str, str]) -> None:
    way_to(host, 443, chosen=text, named=named)
    way_to(host, 443, chosen="", named={"https": text, "no": text} | named)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="none"),
        pytest.param("http://proxy:3128", "http://proxy:3128", id="no login"),
        pytest.param("proxy:3128", "proxy:3128", id="nothing but host and port"),
        pytest.param("http://ada@proxy:1", "http://ada@proxy:1", id="a user alone"),
        pytest.param("http://ada:fake-word@proxy:1", "http://ada:••••@proxy:1", id="a password"),
        pytest.param("ada:fake-word@proxy:1", "ada:••••@proxy:1", id="without a scheme"),
        pytest.param("http://ada:f@/:k://e@proxy", "http://ada:••••@proxy", id="any letters in it"),
        pytest.param("socks5://ada:fake@proxy", "socks5://ada:••••@proxy", id="another scheme"),
    ],
)
def test_a_password_is_never_shown(text: str, shown: str) -> None:
    assert masked(text) == shown
