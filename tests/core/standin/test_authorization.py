"""Which requests to sign somebody in are those of the official client."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.standin.authorization import (
    REDIRECT_PORTS,
    Authorization,
    challenge_of,
    parse,
    proves,
    redirect_uris,
)
from tests.core.standin.signing_in import REDIRECT, STATE, VERIFIER, asked

REGISTERED = redirect_uris(REDIRECT_PORTS)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def _reordered() -> str:
    fields = asked()
    fields["scope"] = fields.pop("scope")
    return urlencode(fields)


def test_the_official_request_is_understood() -> None:
    request = parse(urlencode(asked(allowed_workspace_id="a,b", prompt="login")), REGISTERED)
    assert request == Authorization(
        redirect_uri=REDIRECT,
        code_challenge=challenge_of(VERIFIER),
        state=STATE,
        originator="codex_cli_rs",
        workspaces=("a", "b"),
        fresh=True,
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param("", "response_type is missing", id="nothing"),
        pytest.param("state&code", "the query cannot be read", id="words"),
        pytest.param(urlencode(asked(state=None)), "state is missing", id="no state"),
        pytest.param(
            urlencode(asked(code_challenge=None)), "code_challenge is missing", id="no PKCE"
        ),
        pytest.param(
            urlencode(asked(code_challenge_method="plain")),
            "code_challenge_method must be S256",
            id="plain PKCE",
        ),
        pytest.param(
            urlencode(asked(code_challenge="short")),
            "code_challenge must be 43 characters of base64url",
            id="a challenge that is no SHA-256",
        ),
        pytest.param(urlencode(asked(state="abc")), "state can be guessed", id="a short state"),
        pytest.param(
            urlencode(asked(redirect_uri="http://127.0.0.1:1456/auth/callback")),
            "redirect_uri http://127.0.0.1:1456/auth/callback is not registered",
            id="a port that is not registered",
        ),
        pytest.param(
            urlencode(asked(redirect_uri="http://[::1]:1455/auth/callback")),
            "redirect_uri http://[::1]:1455/auth/callback is not registered",
            id="a host that is not registered",
        ),
        pytest.param(
            urlencode(asked(client_id="app_other")),
            "client_id must be app_EMoamEEZ73f0CkXaXp7hrann",
            id="another client",
        ),
        pytest.param(urlencode(asked(originator="")), "originator is empty", id="no name"),
        pytest.param(urlencode(asked(prompt="none")), "prompt must be login", id="another prompt"),
        pytest.param(
            urlencode(asked(login_hint="ada")),
            "login_hint is not a parameter of this client",
            id="a parameter of somebody else",
        ),
        pytest.param(
            f"{urlencode(asked())}&state={STATE}", "a parameter stands twice", id="state twice"
        ),
        pytest.param(
            _reordered(),
            "the parameters are not in the order of the official client",
            id="another order",
        ),
    ],
)
def test_what_is_wrong_is_named(query: str, sentence: str) -> None:
    assert parse(query, REGISTERED) == sentence


def test_only_two_ports_on_loopback_are_registered() -> None:
    assert (
        frozenset(
            {
                "http://127.0.0.1:1455/auth/callback",
                "http://localhost:1455/auth/callback",
                "http://127.0.0.1:1457/auth/callback",
                "http://localhost:1457/auth/callback",
            }
        )
        == REGISTERED
    )


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert proves(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")


@given(st.text(LETTERS, min_size=43, max_size=128), st.text(LETTERS, min_size=43, max_size=128))
def test_nobody_proves_with_another_verifier(verifier: str, other: str) -> None:
    assert proves(verifier, challenge_of(verifier))
    assert proves(other, challenge_of(verifier)) == (other == verifier)


@pytest.mark.parametrize("verifier", ["short", "v" * 129, "ö" * 43, "v" * 42 + "/"])
def test_a_verifier_has_the_form_of_the_standard(verifier: str) -> None:
    assert not proves(verifier, "x" * 43)
