"""Where logins may be sent: the official issuer, loopback, or what the user has allowed. Pure."""

from urllib.parse import urlsplit

from core.domain.errors import CoreError
from core.domain.settings import UpstreamSettings

OFFICIAL_HOST = "auth.openai.com"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def issuer_of(settings: UpstreamSettings) -> str:
    """The issuer's address, without a slash at its end.

    Refresh tokens and codes go there, so the rule is that of requests: the official host by https,
    loopback, or by https where `upstream.allow_custom` says so.

    Raises:
        CoreError: `foreign_issuer`; nothing was sent.
    """
    address = settings.auth_url.rstrip("/")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    local = host in _LOOPBACK
    allowed = local or (
        parts.scheme == "https" and host != "" and (host == OFFICIAL_HOST or settings.allow_custom)
    )
    if parts.scheme not in ("http", "https") or not allowed:
        raise CoreError(
            "foreign_issuer",
            f"upstream.auth_url names {host or 'no host'}; no login is sent there.",
            "Name auth.openai.com; or set upstream.allow_custom in settings.toml, and use https.",
        )
    return address
