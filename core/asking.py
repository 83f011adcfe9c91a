"""How the back end is asked what is rare: usage, and where a workspace's requests go."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.domain.settings import Settings, UpstreamSettings
from core.proxy.upstream import base_of
from core.runtime.net import connector

if TYPE_CHECKING:
    import httpx


class Asking:
    """Follows the settings as they are when it is asked; tokens go where those of requests may.

    One serves all of a program that ask: whom they believe weighs a megabyte.

    Attributes:
        settings: as they count now.
    """

    def __init__(self, *, settings: Callable[[], Settings]) -> None:
        self.settings = settings
        self._allowed: tuple[UpstreamSettings, str | None] | None = None
        self._connector: tuple[UpstreamSettings, Callable[[], httpx.AsyncClient]] | None = None

    def base_url(self) -> str | None:
        """The back end's address; None where tokens may not go. Taken apart when it is new."""
        upstream = self.settings().upstream
        if self._allowed is None or self._allowed[0] is not upstream:
            allowed = base_of(upstream.base_url, allow_custom=upstream.allow_custom)
            base_url = None if allowed is None else upstream.base_url.rstrip("/")
            self._allowed = upstream, base_url
        return self._allowed[1]

    def connect(self) -> "httpx.AsyncClient":
        """A client with the program's egress proxy and authorities; these are read when new."""
        upstream = self.settings().upstream
        known = self._connector
        if known is None or known[0] != upstream:
            self._connector = known = upstream, connector(upstream)
        return known[1]()
