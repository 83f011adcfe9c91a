"""What failed on the way is said without the names of a library's classes."""

import httpx
import pytest

from core.runtime.failing import what_failed


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.RemoteProtocolError,
        httpx.WriteError,
        httpx.WriteTimeout,
        TimeoutError,
    ],
)
def test_an_error_of_the_network_is_said_in_words(kind: type[Exception]) -> None:
    said = what_failed(kind.__name__)
    assert " " in said
    assert kind.__name__ not in said


def test_another_word_stays_as_it_is() -> None:
    assert what_failed("status 500") == "status 500"
