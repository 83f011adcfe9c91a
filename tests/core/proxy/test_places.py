"""The project of each request: at once where it is known, beside the loop where it is not."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest
import zstandard

from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.rules import Project
from core.proxy.fields import Fields
from core.proxy.messages import Request, RequestHead
from core.proxy.places import Places
from core.runtime.projects import Projects
from tests.core.proxy.rig import BackEnd, Client, Rig, request_bytes, served
from tests.fakes.clock import FakeClock

CONTEXT = "<environment_context><cwd>/plain</cwd></environment_context>"
ITEM = {"role": "user", "content": [{"type": "input_text", "text": CONTEXT}]}
BODY = json.dumps({"input": [ITEM]}).encode()
TURN = Facts(kind=RequestKind.RESPONSES, thread=ThreadId("t1"), parent=ThreadId("t0"))


class World:
    """Each folder is its own project; counts who looks."""

    def __init__(self, *, wanted: bool, models: bool = False, **threads: str) -> None:
        self.looked: list[str] = []
        self.projects = Projects(FakeClock(), find=self._find)
        self.places = Places(
            projects=self.projects,
            wanted=lambda: wanted,
            models_wanted=lambda: models,
            of_thread={ThreadId(t): Project(p) for t, p in threads.items()}.get,
        )

    def _find(self, folder: str) -> Project | None:
        self.looked.append(folder)
        return None if folder == "/nowhere" else Project(folder)


def request(*trees: str, thread: str = "", body: bytes = BODY) -> Request:
    said = {"thread_id": thread, "workspaces": {tree: {} for tree in trees}}
    head = Fields([(b"x-codex-turn-metadata", json.dumps(said).encode())])
    return Request(head=RequestHead(method=b"POST", target=b"/responses", fields=head), body=body)


async def placed(world: World, asked: Request, facts: Facts = TURN) -> Project | None:
    at_once = world.places.at_once(facts, asked)
    found = at_once if at_once is not None else await world.places.found(facts, asked)
    return found.project


@pytest.mark.parametrize(
    ("wanted", "trees", "threads", "project"),
    [
        pytest.param(False, ["/tree"], {}, "/tree", id="the head names it"),
        pytest.param(True, ["/tree"], {"t1": "/old"}, "/tree", id="the head goes before memory"),
        pytest.param(False, [], {}, None, id="no body is read while nobody wants to know"),
        pytest.param(True, [], {}, "/plain", id="the body names it"),
        pytest.param(True, [], {"t1": "/old"}, "/plain", id="the body goes before memory"),
        pytest.param(False, [], {"t1": "/old"}, "/old", id="the conversation was there"),
        pytest.param(False, [], {"t0": "/old"}, "/old", id="the one that it came from was there"),
        pytest.param(True, ["/a", "/b"], {}, "/plain", id="of two trees the body tells which"),
        pytest.param(True, ["/nowhere"], {"t1": "/old"}, None, id="a folder that cannot be looked "
                     "at is unknown, and nothing else takes its place"),
    ],
)  # fmt: skip
async def test_where_a_request_is(
    wanted: bool, trees: list[str], threads: dict[str, str], project: str | None
) -> None:
    assert await placed(World(wanted=wanted, models=False, **threads), request(*trees)) == project


async def test_a_body_that_names_nothing_leaves_the_conversation_where_it_was() -> None:
    empty = request(body=b'{"input": []}')
    assert await placed(World(wanted=True, t1="/old"), empty) == "/old"
    assert await placed(World(wanted=True), empty) is None


async def test_a_large_body_is_read_beside_the_loop() -> None:
    items = [ITEM, {"role": "user", "content": "x" * 200_000}]
    large = request(body=json.dumps({"input": items}).encode())
    assert await placed(World(wanted=True), large) == "/plain"


LAST = b'{"input":"' + b"x" * 300_000 + b'","model":"m-1"}'


@pytest.mark.parametrize(
    ("coding", "body", "model", "unread"),
    [
        pytest.param(b"", LAST, "m-1", False, id="behind a long input"),
        pytest.param(b"", b'{"input":[],"model":"m-1"}', "m-1", False, id="in a short one"),
        pytest.param(b"ZSTD", zstandard.compress(LAST), "m-1", False, id="deep in a packed body"),
        pytest.param(b"", b'{"input":[]}', "", False, id="one that names none"),
        pytest.param(b"gzip", gzip.compress(LAST), "", True, id="packed in another way"),
        pytest.param(b"zstd", LAST, "", True, id="not packed as it says"),
        pytest.param(b"", b'{"model":7}', "", True, id="a model that is no text"),
        pytest.param(b"", b"[" * 100_000, "", True, id="nested too deeply"),
    ],
)
async def test_while_rules_are_about_models_the_whole_body_is_read(
    coding: bytes, body: bytes, model: str, unread: bool
) -> None:
    head = RequestHead(
        method=b"POST", target=b"/responses", fields=Fields([(b"content-encoding", coding)])
    )
    asked = Request(head=head, body=body)
    places = World(wanted=False, models=True).places
    assert places.at_once(TURN, asked) is None
    found = await places.found(TURN, asked)
    assert (found.model, found.unread) == (model, unread)
    assert World(wanted=False).places.at_once(TURN, asked) == TURN, "else nobody reads it"


async def test_the_list_of_models_is_in_no_folder_and_waits_for_nobody() -> None:
    world = World(wanted=True)
    models = Facts(kind=RequestKind.MODELS)
    assert world.places.at_once(models, request()) == models
    assert world.looked == []


async def test_a_folder_is_looked_at_once_and_then_known_at_once() -> None:
    world = World(wanted=True)
    assert world.places.at_once(TURN, request("/tree")) is None
    await world.places.found(TURN, request("/tree"))
    at_once = world.places.at_once(TURN, request("/tree"))
    assert at_once is not None
    assert at_once.project == "/tree"
    assert world.looked == ["/tree"]


async def test_a_search_is_where_its_conversation_is() -> None:
    world = World(wanted=True, t9="/old")
    facts = Facts(kind=RequestKind.OTHER)
    assert await placed(world, request(thread="t9", body=b"{}"), facts) == "/old"


async def test_a_message_is_noted_once_somebody_has_looked() -> None:
    world = World(wanted=False, t1="/old")
    assert world.places.noted(TURN, "/tree").project == "/old"
    world.places.noted(TURN, "/tree")
    async with asyncio.timeout(5):
        while world.places.noted(TURN, "/tree").project != "/tree":  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert world.looked == ["/tree"]
    assert world.places.noted(TURN, None).project == "/old"


async def test_the_record_and_the_conversation_keep_the_project(
    rig: Rig, back_end: BackEnd, client: Client, tmp_path: Path
) -> None:
    back_end.script = served
    said = json.dumps({"workspaces": {str(tmp_path): {}}})
    for _ in range(2):
        await client.send(
            request_bytes(
                "POST", "/responses", b"{}", "thread-id: t1", f"x-codex-turn-metadata: {said}"
            )
        )
        assert (await client.answer()).status == 200
    project = tmp_path.resolve().as_posix()
    assert [facts.project for facts in rig.decided] == [project, project]
    assert rig.observed.owners[ThreadId("t1")].project == project
    assert (await rig.row()).facts.project == project
