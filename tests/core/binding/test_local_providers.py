"""Other tools' providers on this machine are recognised; a dead choice goes, and nothing else."""

from pathlib import Path

import pytest

from core.binding.bind_lock import BindLock
from core.binding.local_providers import LocalProvider, forget_choice, local_providers
from core.domain.errors import CoreError
from tests.core.binding.homes import Place, counted_bytes

ROUTER = b"""\
# mine
model_provider = "router" # left by a tool\r
model = "gpt-5"

[model_providers.router]
name = "Router"
base_url = "http://127.0.0.1:3455/v1"

[model_providers.azure]
base_url = "https://company.example/v1"
"""


def test_local_providers_are_told_from_gateways() -> None:
    assert local_providers(ROUTER, name="x") == (
        LocalProvider(name="router", port=3455, chosen=True),
    )


@pytest.mark.parametrize(
    ("address", "port"),
    [
        pytest.param("http://localhost:1/v1", 1, id="by name"),
        pytest.param("http://[::1]:2", 2, id="IPv6"),
        pytest.param("https://127.0.0.1", 443, id="no port"),
        pytest.param("http://127.0.0.1:70000", None, id="no such port"),
        pytest.param("https://company.example", None, id="somewhere else"),
        pytest.param("://", None, id="no address"),
    ],
)
def test_addresses_on_this_machine(address: str, port: int | None) -> None:
    content = f'[model_providers.x]\nbase_url = "{address}"\n'.encode()
    assert [one.port for one in local_providers(content, name="x")] == ([port] if port else [])


@pytest.mark.parametrize(
    "content",
    [
        b"model_providers = 1\n",
        b'model_providers.x = "y"\n',
        b"[model_providers.x]\nbase_url = 1\n",
        b"",
    ],
)
def test_odd_documents_hold_none(content: bytes) -> None:
    assert local_providers(content, name="x") == ()


def forgotten(place: Place, provider: str = "router") -> bool:
    lock = BindLock(place.lock)
    return forget_choice(place.home, provider, lock=lock, random_bytes=counted_bytes())


def test_only_the_choice_goes(tmp_path: Path) -> None:
    place = Place(tmp_path, config=ROUTER, mode=0o640)
    assert forgotten(place)
    wanted = ROUTER.replace(b'model_provider = "router" ', b"")
    assert place.files() == {"config.toml": (wanted, 0o640)}
    assert not forgotten(place), "once is enough"


def test_a_choice_of_the_user_s_since_is_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, config=b'model_provider = "azure"\n')
    before = place.files()
    assert not forgotten(place)
    assert place.files() == before


def test_it_goes_under_a_bind_too_and_unbind_keeps_it_gone(tmp_path: Path) -> None:
    place = Place(tmp_path, config=ROUTER)
    place.binder().bind(place.home, 8791)
    assert forgotten(place)
    place.binder().unbind(place.home)
    assert place.config.read_bytes() == ROUTER.replace(b'model_provider = "router" ', b"")


@pytest.mark.parametrize("content", [b"broken = ", b"model_provider.x = 1\n"])
def test_a_file_that_is_not_understood_is_left_alone(tmp_path: Path, content: bytes) -> None:
    place = Place(tmp_path, config=content)
    before = place.files()
    if content.startswith(b"broken"):
        with pytest.raises(CoreError):
            forgotten(place)
    else:
        assert not forgotten(place)
    assert place.files() == before
