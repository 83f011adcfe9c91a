"""Profiles and variables that lead past a bind are found, in every spelling that counts."""

import pytest

from core.binding.detours import ProfileDetour, login_variables, profile_detours


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        pytest.param(b'model = "x"\n', (), id="a profile that only picks a model"),
        pytest.param(b'model_provider = "r"\n', ("model_provider",), id="another provider"),
        pytest.param(
            b'\xef\xbb\xbfopenai_base_url = "https://x"\r\n', ("openai_base_url",), id="an address"
        ),
        pytest.param(b'[a]\nmodel_provider = "r"\n', (), id="the same name in a table"),
        pytest.param(b"model_provider = \n", (), id="invalid: Codex cannot use it either"),
        pytest.param(b"\xff", (), id="not UTF-8"),
    ],
)
def test_profiles_that_go_their_own_way(content: bytes, keys: tuple[str, ...]) -> None:
    wanted = tuple(ProfileDetour(profile="work", key=key) for key in keys)
    assert profile_detours({"work": content}) == wanted


def test_variables_that_bring_a_login_of_their_own() -> None:
    env = {"CODEX_API_KEY": "fake-key", "CODEX_ACCESS_TOKEN": "", "OPENAI_BASE_URL": "http://x"}
    assert login_variables(env) == ("CODEX_API_KEY",)
