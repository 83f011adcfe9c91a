"""The project of each request: said by its head, by its body, or known of its conversation.

Nearly always it is known at once. A folder that nobody has asked about for a minute, or one that
only the body names, is looked for beside the loop; so is a model that stands where it is not seen
in passing. Bodies are read only while somebody wants to know: a rule names a folder, or a model.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.rules import Project
from core.proxy.facts import model_in
from core.proxy.folders import NOTHING, Named, folder_in, named_in
from core.proxy.messages import Request
from core.runtime.projects import UNKNOWN, Projects

_READ_APART = 64 * 1024
"""A larger body is looked through beside the loop (a turn of it is 8 ms)."""
_LARGEST_UNPACKED = 256 * 1024 * 1024
"""No larger body is unpacked for the sake of a model's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Finds projects.

    Attributes:
        projects: of folders.
        wanted: whether a request's folder has to be known, whatever it takes.
        of_thread: the project that a conversation was in last; None: nobody knows.
        models_wanted: whether a turn's model has to be known, whatever it takes.
    """

    projects: Projects
    wanted: Callable[[], bool]
    of_thread: Callable[[ThreadId], Project | None]
    models_wanted: Callable[[], bool] = lambda: False

    def at_once(self, facts: Facts, request: Request) -> Facts | None:
        """The facts with the project; None: it, or the model, has to be looked for (`found`)."""
        if self._lacks_model(facts, request):
            return None
        named = named_in(request.head.fields, thread=facts.thread)
        if named.folder is not None:
            project = self.projects.known(named.folder)
            return None if project is UNKNOWN else replace(facts, project=project)
        if self.wanted() and facts.kind is not RequestKind.MODELS and request.body:
            return None
        return self.remembered(facts, named)

    async def found(self, facts: Facts, request: Request) -> Facts:
        """The facts with the project and the model, after looking for them."""
        facts = await self.with_model(facts, request)
        named = named_in(request.head.fields, thread=facts.thread)
        folder = named.folder
        if folder is None and self.wanted():
            folder = await _in_body(request)
        if folder is None:
            return self.remembered(facts, named)
        return replace(facts, project=await self.projects.of(folder))

    async def with_model(self, facts: Facts, request: Request) -> Facts:
        """The facts with the model, wherever in the body it stands, if somebody wants to know."""
        if not self._lacks_model(facts, request):
            return facts
        if len(request.body) <= _READ_APART and not request.head.fields.value(b"content-encoding"):
            model = model_in(request, largest=_LARGEST_UNPACKED)
        else:
            model = await asyncio.to_thread(model_in, request, largest=_LARGEST_UNPACKED)
        return replace(facts, unread=True) if model is None else replace(facts, model=model)

    def _lacks_model(self, facts: Facts, request: Request) -> bool:
        turn = facts.kind is RequestKind.RESPONSES
        return turn and not facts.model and bool(request.body) and self.models_wanted()

    def noted(self, facts: Facts, folder: str | None) -> Facts:
        """For the record, where nothing may wait: the folder's project, once somebody has looked.

        `folder`: what a message names; None: nothing.
        """
        project = UNKNOWN if folder is None else self.projects.known(folder)
        if project is not UNKNOWN:
            return replace(facts, project=project)
        if folder is not None:
            self.projects.look_soon(folder)
        return facts if facts.project is not None else self.remembered(facts)

    def remembered(self, facts: Facts, named: Named = NOTHING) -> Facts:
        """The facts with the project that the conversation, or the one it came from, was in."""
        for thread in (facts.thread, named.thread, facts.parent):
            project = None if thread is None else self.of_thread(thread)
            if project is not None:
                return replace(facts, project=project)
        return facts


async def _in_body(request: Request) -> str | None:
    coding = request.head.fields.value(b"content-encoding")
    if len(request.body) <= _READ_APART:
        return folder_in(request.body, coding)
    return await asyncio.to_thread(folder_in, request.body, coding)
