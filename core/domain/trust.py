"""Where tokens may be sent: one rule for requests, for sign-ins, and for every look at a login."""

from ipaddress import ip_address
from urllib.parse import urlsplit

OFFICIAL_BACK_END = "chatgpt.com"
OFFICIAL_ISSUER = "auth.openai.com"


def may_be_sent_to(address: str, *, official: str, allow_custom: bool) -> bool:
    """Whether a token may go to `address`.

    It may go to the official host by https, and to this machine; anywhere else only where the user
    allows it (`upstream.allow_custom`), and then by https too.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    trusted = host == official or allow_custom
    return is_loopback(host) or (parts.scheme == "https" and trusted)


def is_loopback(host: str) -> bool:
    """Whether a name or literal address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
