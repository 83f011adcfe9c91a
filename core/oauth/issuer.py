"""Where logins may be sent: the official issuer, loopback, or what the user has allowed. Pure."""

from urllib.parse import urlsplit

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.domain.settings import UpstreamSettings
from core.domain.trust import OFFICIAL_ISSUER, may_be_sent_to


def issuer_of(settings: UpstreamSettings) -> str:
    """The issuer's address, without a slash at its end.

    Refresh tokens and codes go there, so the rule is that of requests: the official host by https,
    loopback, or by https where `upstream.allow_custom` says so.

    Raises:
        CoreError: `foreign_issuer`; nothing was sent.
    """
    address = settings.auth_url.rstrip("/")
    if not may_be_sent_to(address, official=OFFICIAL_ISSUER, allow_custom=settings.allow_custom):
        host = _host_in(address)
        raise CoreError(
            "foreign_issuer",
            Sentence(
                "upstream.auth_url names {host}; no login is sent there.",
                host=host or Sentence("no host"),
            ),
            "Name auth.openai.com; or set upstream.allow_custom in settings.toml, and use https.",
        )
    return address


def _host_in(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
