"""The one maker of HTTP clients for what is rare: sign-in, usage, a look at a login.

The hot path has connections of its own (`core.proxy.pool`); here a well-kept library serves. Both
believe the same authorities and leave the machine by the same rule (`core.domain.egress`).
"""

import ssl
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, cast

from core.domain.settings import UpstreamSettings
from core.domain.version import VERSION

if TYPE_CHECKING:
    import httpx


def connector(
    settings: UpstreamSettings, *, named: Mapping[str, str] | None = None
) -> "Callable[[], httpx.AsyncClient]":
    """Makes clients that honour the egress proxy, our own authorities and the timeouts.

    Whom they believe is read once, by the first: it weighs a megabyte, and a client that was closed
    stands in circles until somebody looks for garbage.

    A redirect is never followed, since every answer that we understand comes from the address that
    was asked. `named`: the proxies of the system, in the place of those it names itself.
    """
    context: ssl.SSLContext | None = None

    def connect() -> "httpx.AsyncClient":
        # It brings a command line, which takes 5 MB where what that needs happens to be installed.
        sys.modules.setdefault("httpx._main", cast("ModuleType", None))
        import httpx

        from core.runtime.egress_transport import EgressTransport

        nonlocal context
        if context is None:  # two threads may both make one: either does
            context = trusted(settings.ca_file)
        transport = EgressTransport(
            chosen=settings.proxy,
            named=system_proxies() if named is None else named,
            context=context,
        )
        return httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(30.0, connect=settings.connect_timeout_s),
            headers={"user-agent": f"turntable/{VERSION}"},
            follow_redirects=False,
            trust_env=False,
        )

    return connect


def trusted(ca_file: str) -> ssl.SSLContext:
    """Whom we believe: certifi's authorities and the system's, and those of `upstream.ca_file`.

    Raises:
        OSError: `ca_file` cannot be read.
    """
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    # The same on each Python, and what Codex's own TLS takes: an authority named by the user counts
    # wherever it stands in the chain, and may lack the extensions that Python 3.13 began to want
    # (python/cpython#112389); many a company's does.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def system_proxies() -> Mapping[str, str]:
    """What the system names: HTTPS_PROXY and its like, else macOS's and Windows' own settings."""
    import urllib.request  # it takes as long as all of a small verb

    return urllib.request.getproxies()
