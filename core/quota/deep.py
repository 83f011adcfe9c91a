"""A deep look at one login: everything that Codex asks before its first prompt, and no prompt.

The list of models stands on the path that turns take, so whoever gets it may use Codex; the
workspace's entry says where its requests go (PROTOCOL §4). Neither spends anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.accounts.workspace_routes import route_in
from core.domain.credentials import Grant
from core.domain.sentence import Sentence
from core.domain.workspace_route import WorkspaceRoute
from core.quota.back_end import NoAnswer, NotTaken, Refused, Reply, call, document_in, refusal

if TYPE_CHECKING:
    import httpx

_CLIENT_VERSION = "0.169.0"
"""The endpoint wants one; of the client whose questions these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deep:
    """What was said.

    Attributes:
        models: the ids of the catalogue, or why there is none.
        route: where the workspace's requests go, or why that is not known.
    """

    models: tuple[str, ...] | Refused
    route: WorkspaceRoute | Refused

    @property
    def whole(self) -> bool:
        """Whether a turn would find everything that it needs."""
        found = isinstance(self.models, tuple) and self.models != ()
        return found and isinstance(self.route, WorkspaceRoute)


async def look_deep(client: "httpx.AsyncClient", base_url: str, grant: Grant) -> Deep | NotTaken:
    """Ask for the catalogue and the workspace's entry; `NotTaken` as soon as one says so."""
    models_url = f"{base_url}/codex/models?client_version={_CLIENT_VERSION}"
    models = _models(await call(client, "GET", models_url, grant))
    if isinstance(models, NotTaken):
        return models
    entry = await call(client, "GET", f"{base_url}/wham/accounts/check", grant)
    return Deep(models=models, route=_route(entry, grant.workspace))


def _models(reply: Reply | NoAnswer) -> tuple[str, ...] | Refused:
    if isinstance(reply, NoAnswer):
        return reply
    document = document_in(reply.body)
    if reply.status != 200 or document is None:
        return refusal(reply)
    return models_in(document)


def models_in(document: Mapping[str, object]) -> tuple[str, ...]:
    """The ids in a catalogue, in its order; what has none is passed over."""
    found = document.get("models")
    entries = found if isinstance(found, list) else []
    slugs = (entry.get("slug") for entry in entries if isinstance(entry, dict))
    return tuple(slug for slug in slugs if isinstance(slug, str) and slug)


def _route(reply: Reply | NoAnswer, workspace: str) -> WorkspaceRoute | Refused:
    if isinstance(reply, NoAnswer):
        return reply
    if reply.status != 200:
        return refusal(reply)
    return route_in(reply.body, workspace) or NoAnswer(detail=Sentence("no list of workspaces"))
