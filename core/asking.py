"""How the back end is asked what is rare: usage, and where a workspace's requests go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.settings import Settings
from core.proxy.upstream import base_of
from core.runtime.net import connector

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Follows the settings as they are when it is asked; tokens go where those of requests may."""

    settings: Callable[[], Settings]

    def base_url(self) -> str | None:
        """The back end's address; None where tokens may not go."""
        upstream = self.settings().upstream
        allowed = base_of(upstream.base_url, allow_custom=upstream.allow_custom)
        return None if allowed is None else upstream.base_url.rstrip("/")

    def connect(self) -> "httpx.AsyncClient":
        """A client with the program's egress proxy and authorities."""
        return connector(self.settings().upstream)()
