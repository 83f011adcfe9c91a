"""What a client asks the authorization endpoint for, and the proof it brings afterwards. Pure.

RFC 6749 §4.1 with PKCE (RFC 7636), as strict as PROTOCOL §1 describes the official client: the
same parameters in the same order, S256 only, redirects only to the registered addresses.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from core.standin.people import CLIENT_ID

REDIRECT_PORTS = (1455, 1457)
SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke"

_ORDER = (
    "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method",
    "state", "scope", "id_token_add_organizations", "codex_cli_simplified_flow", "originator",
)  # fmt: skip
_AFTERWARDS = ("allowed_workspace_id", "prompt")
_FIXED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "code_challenge_method": "S256",
    "scope": SCOPE,
    "id_token_add_organizations": "true",
    "codex_cli_simplified_flow": "true",
}
# base64url of a SHA-256 without padding.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# RFC 7636 §4.1.
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
# 128 bits in base64url: what cannot be guessed (RFC 6749 §10.10).
_SHORTEST_STATE = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A well-formed request to sign somebody in.

    Attributes:
        redirect_uri: where the browser goes with the code.
        code_challenge: S256 of the verifier.
        state: returned as it came.
        originator: what the client calls itself.
        workspaces: ids of the workspaces that may be chosen; empty: any.
        fresh: `prompt=login`: ask who it is although the browser is signed in.
    """

    redirect_uri: str
    code_challenge: str
    state: str
    originator: str
    workspaces: tuple[str, ...] = ()
    fresh: bool = False

    def granted(self, code: str) -> str:
        """Where the browser goes with `code`."""
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': self.state})}"

    def denied(self, error: str, description: str) -> str:
        """Where the browser goes without a code (RFC 6749 §4.1.2.1)."""
        fields = {"error": error, "error_description": description, "state": self.state}
        return f"{self.redirect_uri}?{urlencode(fields)}"


def redirect_uris(ports: Sequence[int]) -> frozenset[str]:
    """The addresses that the client is registered with."""
    return frozenset(
        f"http://{host}:{port}/auth/callback"
        for host in ("127.0.0.1", "localhost")
        for port in ports
    )


def parse(query: str, registered: frozenset[str]) -> Authorization | str:
    """The request in a query string, or the sentence that says what is wrong with it."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return "the query cannot be read"
    if sentence := _disorder(tuple(name for name, _ in pairs)):
        return sentence
    fields = dict(pairs)
    for name, value in _FIXED.items():
        if fields[name] != value:
            return f"{name} must be {value}"
    if fields["redirect_uri"] not in registered:
        return f"redirect_uri {fields['redirect_uri']} is not registered"
    if not _CHALLENGE.fullmatch(fields["code_challenge"]):
        return "code_challenge must be 43 characters of base64url"
    if len(fields["state"]) < _SHORTEST_STATE:
        return "state can be guessed"
    if not fields["originator"]:
        return "originator is empty"
    if fields.get("prompt", "login") != "login":
        return "prompt must be login"
    chosen = fields.get("allowed_workspace_id")
    return Authorization(
        redirect_uri=fields["redirect_uri"],
        code_challenge=fields["code_challenge"],
        state=fields["state"],
        originator=fields["originator"],
        workspaces=tuple(chosen.split(",")) if chosen else (),
        fresh="prompt" in fields,
    )


def challenge_of(verifier: str) -> str:
    """`BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def proves(verifier: str, challenge: str) -> bool:
    """Whether the client that redeems is the client that asked."""
    return bool(_VERIFIER.fullmatch(verifier)) and challenge_of(verifier) == challenge


def _disorder(names: tuple[str, ...]) -> str | None:
    if len(set(names)) < len(names):
        return "a parameter stands twice"
    if missing := [name for name in _ORDER if name not in names]:
        return f"{missing[0]} is missing"
    if unknown := [name for name in names if name not in _ORDER + _AFTERWARDS]:
        return f"{unknown[0]} is not a parameter of this client"
    if names[: len(_ORDER)] != _ORDER:
        return "the parameters are not in the order of the official client"
    return None
