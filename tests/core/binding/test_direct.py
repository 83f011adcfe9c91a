"""Where Codex goes past the proxy: where it would go if it were not bound."""

from pathlib import Path

import pytest

from core.binding.direct import CODEX_DEFAULT, address_without_us
from tests.core.binding.homes import PORT, Place

GATEWAY = b'openai_base_url = "https://gateway.example/v1" # ours at work\n'
DEAD = b'openai_base_url = "http://127.0.0.1:9/c/' + b"x" * 43 + b'/backend-api/codex"\n'


@pytest.mark.parametrize(
    ("config", "bound", "address"),
    [
        pytest.param(b"", False, None, id="not bound: nothing has to be said"),
        pytest.param(GATEWAY, False, None, id="not bound: a gateway is the user's own"),
        pytest.param(b"", True, CODEX_DEFAULT, id="bound: Codex's own address"),
        pytest.param(GATEWAY, True, '"https://gateway.example/v1"', id="bound: the gateway"),
        pytest.param(DEAD, False, CODEX_DEFAULT, id="an address of ours that nobody answers"),
    ],
)
def test_direct_is_where_codex_went_before(
    tmp_path: Path, config: bytes, bound: bool, address: str | None
) -> None:
    place = Place(tmp_path, config=config)
    if bound:
        place.binder().bind(place.home, PORT, replace=True)
    assert address_without_us(place.binds, place.home) == address


def test_a_home_that_codex_has_not_made_yet_holds_nothing(tmp_path: Path) -> None:
    assert address_without_us(tmp_path / "binds", tmp_path / "codex") is None


def test_a_key_that_was_changed_since_is_the_users(tmp_path: Path) -> None:
    place = Place(tmp_path, config=b"")
    place.binder().bind(place.home, PORT)
    place.config.write_bytes(GATEWAY)
    assert address_without_us(place.binds, place.home) is None
