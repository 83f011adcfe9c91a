"""Through which proxy a connection leaves this machine: one rule for requests and for look-ups.

`upstream.proxy` counts before what the system names (HTTPS_PROXY, ALL_PROXY, NO_PROXY, or the
system's own settings). This machine is never reached through a proxy: a proxy elsewhere has another
loopback.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from core.domain.trust import is_loopback

_PORTS = {"http": 80, "https": 443}
MASK = "••••"
"""What is shown in the place of a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressProxy:
    """A proxy that is asked to CONNECT (RFC 9110 §9.3.6).

    Attributes:
        secure: it is spoken to by TLS.
        host: its name or address, without brackets.
        port: its port.
        basic: base64 of `user:password` (RFC 7617); empty when it wants no login.
    """

    secure: bool
    host: str
    port: int
    basic: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """Its address without the login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class NoProxy:
    """What is named as a proxy is none that can be used (SOCKS, a typing error)."""


type Way = EgressProxy | NoProxy | None
"""How a host is reached; None = directly."""


def way_to(host: str, port: int, *, chosen: str, named: Mapping[str, str]) -> Way:
    """How `host` is reached by https.

    Args:
        host: a name or a literal address, without brackets.
        port: where it listens.
        chosen: `upstream.proxy`; empty follows the system.
        named: what the system names: `https`, `all`, and hosts without a proxy under `no`.
    """
    if is_loopback(host):
        return None
    if chosen:
        return proxy_of(chosen)
    found = named.get("https") or named.get("all") or ""
    if not found or is_excepted(host, port, named.get("no", "")):
        return None
    return proxy_of(found)


def proxy_of(text: str) -> EgressProxy | NoProxy:
    """Read `http://user:password@host:port`; a bare `host:port` counts as http."""
    try:
        parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return NoProxy()
    if parts.scheme not in _PORTS or not host or not host.isascii() or " " in host:
        return NoProxy()
    return EgressProxy(
        secure=parts.scheme == "https",
        host=host,
        port=port or _PORTS[parts.scheme],
        basic=_basic(parts),
    )


def masked(text: str) -> str:
    """An address as people may see it: without its password, whatever else is wrong with it."""
    start = text.find("://") + len("://") if "://" in text else 0
    login, at, host = text[start:].rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{text[:start]}{user}{colon}{MASK}{at}{host}" if colon else text


def is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Whether NO_PROXY names this host, as curl reads it.

    Names count for the hosts below them; addresses may be networks (`10.0.0.0/8`); `*` is everyone;
    a port behind a name counts for that port alone.
    """
    return any(_excepts(entry.strip().lower(), host.lower(), port) for entry in _split(exceptions))


def _split(exceptions: str) -> list[str]:
    return [entry for entry in exceptions.replace(" ", ",").split(",") if entry]


def _excepts(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, colon, at = entry.rpartition(":")
    if colon and at.isdigit() and (":" not in name or name.startswith("[")):
        if int(at) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        pass
    below = entry.lstrip("*").lstrip(".")
    return bool(below) and (host == below or host.endswith(f".{below}"))


def _basic(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return b64encode(login.encode()).decode()
