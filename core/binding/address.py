"""The address that a bound Codex is given, and what another address in its place means. Pure."""

import base64
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from core.domain.binding import BindSecret, Replaces
from core.domain.trust import is_loopback

_OF_OUR_FORM = re.compile(
    r"http://(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}/c/[A-Za-z0-9_-]{43}/backend-api/codex/?"
)
_SECRET_PATH = re.compile(r"/c/[^/\s\"']+")
_USER_OR_QUERY = re.compile(r"(?<=//)[^/@\s\"']+(?=@)|(?<=\?)[^\s\"']+")


def new_secret(random_bytes: Callable[[int], bytes]) -> BindSecret:
    """A secret out of 32 random bytes."""
    return BindSecret(base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode())


def base_address(port: int, secret: BindSecret) -> str:
    """Codex's base address while bound (PROTOCOL §3). Counts as a secret: show it `masked`."""
    return f"http://127.0.0.1:{port}/c/{secret.value}/backend-api/codex"


def masked(text: str) -> str:
    """`text` with every bind secret, user name and query of an address blotted out."""
    return _USER_OR_QUERY.sub("••••", _SECRET_PATH.sub("/c/••••", text))


def what_it_is(value: str | None) -> Replaces:
    """What a value that no journal of ours knows stands for; None: it is not a string."""
    if value is None:
        return Replaces.GATEWAY
    if _OF_OUR_FORM.fullmatch(value):
        return Replaces.ORPHAN
    return Replaces.LOOPBACK if _is_loopback(value) else Replaces.GATEWAY


def _is_loopback(address: str) -> bool:
    try:
        return is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        return False
