"""Asks where each workspace's requests go, as Codex does for its own (PROTOCOL §4).

`GET {base}/wham/accounts/check` names an origin and a routing override for each workspace of a
user. It spends no quota. What it says is remembered; where it says nothing, nothing is assumed, and
it is asked again a little later.
"""

import asyncio
import json
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.workspace_route import UNBOUND, WorkspaceRoute
from core.runtime.clock import Clock

if TYPE_CHECKING:
    import httpx

ASK_S = 5.0
"""How long a request waits for the answer; without it the request goes the usual way."""
KNOWN_FOR_S = 12 * 3600.0
UNKNOWN_FOR_S = 60.0
_NO_CONSTRAINT = "NO_CONSTRAINT"
_OVERRIDE = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_LARGEST = 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    route: WorkspaceRoute
    workspace: str
    base_url: str
    until: float


class WorkspaceRoutes:
    """Remembers one route an account; asks once, however many requests wait for it."""

    def __init__(
        self,
        *,
        connect: Callable[[], "httpx.AsyncClient"],
        base_url: Callable[[], str | None],
        clock: Clock,
    ) -> None:
        """`base_url`: as set now; None where tokens may not go."""
        self._connect = connect
        self._base_url = base_url
        self._clock = clock
        self._known: dict[AccountId, _Remembered] = {}
        self._locks: defaultdict[AccountId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def known(self, account: AccountId, grant: Grant) -> WorkspaceRoute | None:
        """What `of` would say without asking anybody; None: it would have to."""
        base_url = self._base_url()
        return UNBOUND if base_url is None else self._fresh(account, grant, base_url)

    async def of(self, account: AccountId, grant: Grant) -> WorkspaceRoute:
        """Where this account's requests go."""
        base_url = self._base_url()
        if base_url is None:
            return UNBOUND
        if (route := self._fresh(account, grant, base_url)) is not None:
            return route
        async with self._locks[account]:
            if (route := self._fresh(account, grant, base_url)) is not None:
                return route
            asked = await self._ask(grant, base_url)
            known = self._known.get(account)
            same = known is not None and known.workspace == grant.workspace
            route = asked or (known.route if known is not None and same else UNBOUND)
            self._known[account] = _Remembered(
                route=route,
                workspace=grant.workspace,
                base_url=base_url,
                until=self._clock.monotonic() + (KNOWN_FOR_S if asked else UNKNOWN_FOR_S),
            )
            return route

    def _fresh(self, account: AccountId, grant: Grant, base_url: str) -> WorkspaceRoute | None:
        known = self._known.get(account)
        if known is None or self._clock.monotonic() >= known.until:
            return None
        asked_for = (known.workspace, known.base_url)
        return known.route if asked_for == (grant.workspace, base_url) else None

    async def _ask(self, grant: Grant, base_url: str) -> WorkspaceRoute | None:
        """What the back end says now; None when it does not."""
        import httpx

        headers = {**grant.fields(), "accept": "application/json"}
        try:
            async with asyncio.timeout(ASK_S):
                # Making a client reads the authorities: beside the loop.
                async with await asyncio.to_thread(self._connect) as client:
                    answer = await client.get(f"{base_url}/wham/accounts/check", headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            _log.info("where a workspace's requests go is not known: %s", type(error).__name__)
            return None
        if answer.status_code != 200:
            return None
        return route_in(answer.content[:_LARGEST], grant.workspace)


def route_in(body: bytes, workspace: str) -> WorkspaceRoute | None:
    """What an answer says of this workspace; None when it cannot be read."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    entries = document.get("accounts") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    for entry in entries:
        if isinstance(entry, dict) and entry.get("id") == workspace:
            return WorkspaceRoute(
                origin=_said(entry.get("workspace_backend_origin")),
                override=_override(entry.get("account_routing_override")),
            )
    return UNBOUND


def _said(found: object) -> str | None:
    return found if isinstance(found, str) and found not in ("", _NO_CONSTRAINT) else None


def _override(found: object) -> str | None:
    """It becomes a field of our requests: what is no word is not sent."""
    said = _said(found)
    return said if said is not None and _OVERRIDE.fullmatch(said) else None
