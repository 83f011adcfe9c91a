"""The one maker of HTTP clients for what is rare: sign-in, usage, a look at a login.

The hot path has connections of its own (`core.proxy.pool`); here a well-kept library serves.
"""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.domain.settings import UpstreamSettings
from core.domain.version import VERSION

if TYPE_CHECKING:
    import httpx


def connector(settings: UpstreamSettings) -> "Callable[[], httpx.AsyncClient]":
    """Makes clients that honour the egress proxy, our own authorities and the timeouts.

    `upstream.proxy` wins over the environment's HTTPS_PROXY and NO_PROXY; a redirect is never
    followed, since every answer that we understand comes from the address that was asked.
    """

    def connect() -> "httpx.AsyncClient":
        import httpx

        return httpx.AsyncClient(
            verify=trusted(settings.ca_file),
            proxy=settings.proxy or None,
            timeout=httpx.Timeout(30.0, connect=settings.connect_timeout_s),
            headers={"user-agent": f"turntable/{VERSION}"},
            follow_redirects=False,
        )

    return connect


def trusted(ca_file: str) -> ssl.SSLContext:
    """Whom we believe: certifi's authorities and the system's, and those of `upstream.ca_file`.

    Raises:
        OSError: `ca_file` cannot be read.
    """
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
