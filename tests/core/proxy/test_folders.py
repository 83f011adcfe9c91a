"""The folder of a request is what Codex says it is, and never what a person types."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.proxy.fields import Fields
from core.proxy.folders import NOTHING, PREFIXES, Named, folder_in, named_in, named_in_metadata

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
CONTEXT = "<environment_context>\n  <cwd>{}</cwd>\n  <shell>bash</shell>\n</environment_context>"


def metadata(**said: Any) -> bytes:
    return json.dumps({"thread_id": "thread-1", **said}).encode()


NAMED = [
    pytest.param(metadata(), None, id="outside git, and a prewarm"),
    pytest.param(
        metadata(workspaces={"/firm/it": {"has_changes": False}}), "/firm/it", id="inside git"
    ),
    pytest.param(metadata(workspaces={"/w/ü & <x>": {}}), "/w/ü & <x>", id="letters of any kind"),
    pytest.param(metadata(workspaces={"/a": {}, "/b": {}}), None, id="two trees are no answer"),
    pytest.param(metadata(workspaces={}), None, id="no tree"),
    pytest.param(metadata(workspaces={"": {}}), None, id="a tree without a name"),
    pytest.param(metadata(workspaces=["/a"]), None, id="another shape"),
]


@pytest.mark.parametrize(("text", "folder"), NAMED)
def test_the_working_tree_that_the_metadata_name(text: bytes, folder: str | None) -> None:
    head = Fields([(b"X-Codex-Turn-Metadata", text)])
    assert named_in(head) == Named(folder=folder, thread="thread-1")  # type: ignore[arg-type]
    assert named_in_metadata(text.decode()).folder == folder


@pytest.mark.parametrize("text", [b"", b"no json", b"[]", b"7", b"\xff", b"[" * 5000])
def test_metadata_that_are_none_name_nothing(text: bytes) -> None:
    assert named_in(Fields([(b"x-codex-turn-metadata", text)])) == NOTHING


def test_a_search_names_its_conversation_where_no_field_does() -> None:
    (search,) = json.loads((CAPTURES / "alpha_search.json").read_text())
    fields = Fields([(name.encode(), value.encode()) for name, value in search["headers"]])
    assert named_in(fields).thread == "01a1f843-84c3-7882-bc7c-6c16f0a8bb6a"


def said(text: str, kind: str | None = None, *, role: str = "user") -> dict[str, Any]:
    item: dict[str, Any] = {"type": "message", "role": role}
    item["content"] = [{"type": "input_text", "text": text}]
    if kind is not None:
        item["internal_chat_message_metadata_passthrough"] = {"content_item_kinds": [kind]}
    return item


def body(*items: Any, **before: Any) -> bytes:
    return json.dumps({"model": "gpt", "stream": True, **before, "input": list(items)}).encode()


CONTEXT_KIND = "environments.environment_context"
HERE = CONTEXT.format("/firm/it")
THERE = CONTEXT.format("/evil")
BODIES = [
    pytest.param(
        body({"type": "additional_tools", "role": "developer", "tools": []},
             said("Be good.", role="developer"), said(HERE, CONTEXT_KIND), said("hi", "user.text")),
        "/firm/it", id="as Codex sends it",
    ),
    pytest.param(body(said(HERE), said("hi")), "/firm/it", id="as older ones sent it"),
    pytest.param(body(said(HERE, CONTEXT_KIND), said(THERE, CONTEXT_KIND)), "/firm/it",
                 id="the first context counts"),
    pytest.param(body(said(THERE, "user.text"), said(HERE, CONTEXT_KIND)), None,
                 id="a person's words before it end the search"),
    pytest.param(body(said("hi"), said(THERE)), None, id="also where nothing says whose they are"),
    pytest.param(body(said(THERE, "user.text")), None, id="a context that a person typed"),
    pytest.param(body(said(f"# AGENTS.md instructions for /a\n{THERE}"), said(HERE)), "/firm/it",
                 id="a project's own instructions are no context"),
    pytest.param(
        body({"role": "user", "content": [{"type": "input_text", "text": THERE},
                                          {"type": "input_text", "text": HERE}],
              "internal_chat_message_metadata_passthrough": {
                  "content_item_kinds": ["agents_md.instructions", CONTEXT_KIND]}}),
        "/firm/it", id="each part of a message is what Codex says it is",
    ),
    pytest.param(body(said(THERE, role="developer"), said(HERE)), "/firm/it",
                 id="another role says nothing"),
    pytest.param(body(said(CONTEXT.format("/w/a &amp; b &lt;c&gt; &quot;"), CONTEXT_KIND)),
                 '/w/a & b <c> "', id="letters that XML writes another way"),
    pytest.param(body(said("<environment_context><cwd>/a</cwd><cwd>/b</cwd>", CONTEXT_KIND)), None,
                 id="two folders are no answer"),
    pytest.param(body(said("<environment_context></environment_context>", CONTEXT_KIND)), None,
                 id="a context without a folder"),
    pytest.param(body(instructions="x", tools=[{"input": [said(THERE)]}]), None,
                 id="another list of that name"),
    pytest.param(body(said(HERE), previous_response_id="resp_1"), "/firm/it", id="a follow-up"),
    pytest.param(body(), None, id="an empty input"),
    pytest.param(b'{"input": "hi"}', None, id="a plain text"),
    pytest.param(b'{"input": [7, null, "x", {"role": "user", "content": "x"}]}', None, id="junk"),
    pytest.param(b"", None, id="no body"),
    pytest.param(b"[]", None, id="no object"),
    pytest.param(b'{"input": ' + b"[" * 100_000, None, id="nested without an end"),
]  # fmt: skip


@pytest.mark.parametrize("coding", [b"", b"identity", b"zstd", b"ZSTD"])
@pytest.mark.parametrize(("text", "folder"), BODIES)
def test_the_folder_of_the_first_context(text: bytes, coding: bytes, folder: str | None) -> None:
    sent = zstandard.ZstdCompressor().compress(text) if coding.lower() == b"zstd" else text
    assert folder_in(sent, coding) == folder


def test_what_codex_really_sends_is_read() -> None:
    sent = [one.get("body") for one in json.loads((CAPTURES / "http_turn.json").read_text())]
    turns = [body for body in sent if isinstance(body, Mapping) and "input" in body]
    assert turns
    for turn in turns:
        assert folder_in(json.dumps(turn).encode(), b"") == "/home/user/project"


def test_no_more_is_read_than_what_stands_before_the_context() -> None:
    long = said("x" * 2 * PREFIXES[1], "user.text")
    assert folder_in(body(said(HERE, CONTEXT_KIND), long), b"") == "/firm/it"
    first = said("x" * 2 * PREFIXES[0], role="developer")
    assert folder_in(body(first, said(HERE, CONTEXT_KIND)), b"") == "/firm/it"
    endless = said("x" * 2 * PREFIXES[1], role="developer")
    assert folder_in(body(endless, said(HERE, CONTEXT_KIND)), b"") is None


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd"])
def test_a_body_that_cannot_be_read_names_nothing(coding: bytes) -> None:
    assert folder_in(b"not of that coding", coding) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["input", "role", "content", "text", "x"]), inner)
    ),
    max_leaves=20,
)


@given(anything, st.integers(0, 200))
def test_any_json_and_any_piece_of_it_is_survived(document: Any, cut: int) -> None:
    text = json.dumps(document).encode()
    for sent in (text, text[:cut]):
        assert folder_in(sent, b"") is None
        named_in_metadata(sent)


@given(st.binary(max_size=300), st.sampled_from([b"", b"zstd"]))
def test_any_bytes_are_survived(text: bytes, coding: bytes) -> None:
    assert folder_in(text, coding) is None
    named_in_metadata(text)
