"""A conversation moves with its words: what another account has sealed stays behind."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.proxy.fields import Fields
from core.proxy.foreign import without_sealed
from core.proxy.messages import Request, RequestHead
from core.standin.turns import encrypted_content
from tests.core.routing.engine import MODEL, Engine, running

LARGEST = 1024 * 1024


def request(body: bytes, coding: bytes = b"") -> Request:
    lines = ((b"content-encoding", coding),) if coding else ()
    return Request(
        head=RequestHead(method=b"POST", target=b"/responses", fields=Fields(lines)), body=body
    )


def turn(*items: Any, **more: Any) -> bytes:
    return json.dumps({"model": MODEL, "input": list(items), **more}).encode()


def items_of(stripped: Request | None) -> Any:
    assert stripped is not None
    return json.loads(stripped.body)["input"]


WORDS = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
HIDDEN = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
TOLD = {"type": "reasoning", "summary": [{"text": "why"}], "encrypted_content": "sealed"}
COMPACTED = {"type": "compaction", "encrypted_content": "sealed"}


def test_hidden_reasoning_stays_behind_and_its_visible_words_go_along() -> None:
    stripped = without_sealed(request(turn(WORDS, HIDDEN, TOLD, COMPACTED)), largest=LARGEST)
    assert items_of(stripped) == [WORDS, {"type": "reasoning", "summary": [{"text": "why"}]}]


def test_everything_else_of_the_turn_stays_as_it_is() -> None:
    stripped = without_sealed(
        request(turn(HIDDEN, stream=True, prompt_cache_key="t1")), largest=LARGEST
    )
    assert stripped is not None
    assert json.loads(stripped.body) == {
        "model": MODEL,
        "input": [],
        "stream": True,
        "prompt_cache_key": "t1",
    }


def test_a_compressed_turn_stays_compressed() -> None:
    body = zstandard.ZstdCompressor().compress(turn(WORDS, HIDDEN))
    stripped = without_sealed(request(body, b"zstd"), largest=LARGEST)
    assert stripped is not None
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(stripped.body)
    assert json.loads(plain)["input"] == [WORDS]


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        pytest.param(turn(WORDS), b"", id="nothing sealed in it"),
        pytest.param(b"encrypted_content", b"", id="no JSON"),
        pytest.param(b'["encrypted_content"]', b"", id="no object"),
        pytest.param(b'{"encrypted_content": 1}', b"", id="no input"),
        pytest.param(turn(WORDS, note="encrypted_content"), b"", id="only the word"),
        pytest.param(turn(HIDDEN), b"gzip", id="a coding that Codex does not use"),
        pytest.param(b"rubbish", b"zstd", id="not what it says it is"),
        pytest.param(
            zstandard.ZstdCompressor().compress(b" " * (LARGEST + 1) + turn(HIDDEN)),
            b"zstd",
            id="larger than may be decoded",
        ),
    ],
)
def test_what_cannot_be_helped_is_left_as_it_is(body: bytes, coding: bytes) -> None:
    assert without_sealed(request(body, coding), largest=LARGEST) is None


json_items = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "summary", "content", "encrypted_content", "x"]), inner
        )
    ),
    max_leaves=10,
)


@given(st.lists(json_items, max_size=4))
def test_nothing_sealed_is_left_in_any_item(items: list[Any]) -> None:
    stripped = without_sealed(request(turn(*items)), largest=LARGEST)
    after = items if stripped is None else items_of(stripped)
    assert all(not (isinstance(i, dict) and "encrypted_content" in i) for i in after)
    plain = [i for i in items if not (isinstance(i, dict) and "encrypted_content" in i)]
    assert [i for i in after if i in plain] == plain


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "Bela", routing__strategy="sticky") as engine:
        yield engine


async def say(engine: Engine, items: list[Any]) -> httpx.Response:
    body = {
        "model": MODEL,
        "instructions": "",
        "input": items,
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "t1",
    }
    head = {"originator": "codex_exec", "thread-id": "t1", "content-encoding": "zstd"}
    content = zstandard.ZstdCompressor().compress(json.dumps(body).encode())
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return await client.post(f"{engine.address}/responses", content=content, headers=head)


def sealed_by(name: str) -> dict[str, Any]:
    return {**HIDDEN, "encrypted_content": encrypted_content(f"acct-{name}", 1)}


async def test_a_conversation_moves_though_its_reasoning_cannot(engine: Engine) -> None:
    assert (await say(engine, [WORDS])).status_code == 200
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=2))
    answer = await say(engine, [WORDS, sealed_by("Ada")])
    assert answer.status_code == 200
    assert engine.served_by == ["Ada", "Ada", "Bela", "Bela"]
    found = (await engine.ask("why"))["requests"][0]
    assert [one["outcome"] for one in found["attempts"]] == ["limited", "served"]


async def test_while_nobody_objects_nothing_is_taken_out(engine: Engine) -> None:
    await say(engine, [WORDS])
    await say(engine, [WORDS, sealed_by("Ada")])
    assert engine.back_end.turns()[-1].json["input"][-1] == sealed_by("Ada")
    assert len(engine.served_by) == 2
