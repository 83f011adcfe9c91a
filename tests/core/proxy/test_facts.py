"""What routing learns of a request."""

import pytest
import zstandard

from core.domain.facts import RequestKind
from core.proxy.facts import facts_of
from core.proxy.fields import Fields
from core.proxy.messages import Request, RequestHead


def request(*fields: tuple[bytes, bytes], body: bytes = b"") -> Request:
    return Request(head=RequestHead(method=b"POST", target=b"/x", fields=Fields(fields)), body=body)


def test_the_client_names_thread_parent_and_itself_in_fields() -> None:
    facts = facts_of(
        request(
            (b"Thread-Id", b"t-1"),
            (b"x-codex-parent-thread-id", b"t-0"),
            (b"originator", b"codex_exec"),
        ),
        RequestKind.RESPONSES,
    )
    assert (facts.thread, facts.parent, facts.client) == ("t-1", "t-0", "codex_exec")


def test_a_request_that_names_nothing_has_no_thread() -> None:
    facts = facts_of(request(), RequestKind.OTHER)
    assert (facts.thread, facts.parent, facts.model, facts.client) == (None, None, "", "")


@pytest.mark.parametrize(
    ("fields", "body", "model"),
    [
        pytest.param(
            [(b"x-codex-routing-hint", b"model=gpt-6.1-sol")], b"", "gpt-6.1-sol", id="hint"
        ),
        pytest.param(
            [(b"x-codex-routing-hint", b"a=1;model=m-2;b=3")], b"", "m-2", id="hint among others"
        ),
        pytest.param(
            [(b"x-codex-routing-hint", b"model=m-1")],
            b'{"model":"m-2"}',
            "m-1",
            id="the hint wins over the body",
        ),
        pytest.param([], b'{"model":"m-3","input":[]}', "m-3", id="body, model first"),
        pytest.param([], b'{"input":[{"model":"no"}],"model":"m-4"}', "m-4", id="body, model last"),
        pytest.param([], b'{"model":7}', "", id="a model that is no text"),
        pytest.param([], b'{"model":"half', "", id="a truncated body"),
        pytest.param([], b"[" * 100_000 + b'"model"', "", id="a body that is nested too deeply"),
        pytest.param(
            [(b"content-encoding", b"zstd")],
            zstandard.compress(b'{"model":"m-5","input":"' + b"x" * 300_000 + b'"}'),
            "m-5",
            id="a packed body, model first",
        ),
        pytest.param(
            [(b"content-encoding", b"zstd")],
            b'{"model":"m-5"}',
            "",
            id="a body that is not packed as it says",
        ),
        pytest.param(
            [(b"content-encoding", b"br")], b'{"model":"m-5"}', "", id="packed in another way"
        ),
        pytest.param(
            [], b'{"input":"' + b"x" * 300_000 + b'","model":"m-6"}', "", id="nor is a large one"
        ),
        pytest.param(
            [], b'{"model":"m-7","input":"' + b"x" * 300_000 + b'"}', "m-7", id="unless it is first"
        ),
    ],
)
def test_the_model_is_found_where_it_costs_nothing(
    fields: list[tuple[bytes, bytes]], body: bytes, model: str
) -> None:
    assert facts_of(request(*fields, body=body), RequestKind.RESPONSES).model == model


def test_a_name_of_any_length_is_cut() -> None:
    facts = facts_of(request((b"thread-id", b"t" * 5000)), RequestKind.RESPONSES)
    assert facts.thread is not None
    assert len(facts.thread) == 200
