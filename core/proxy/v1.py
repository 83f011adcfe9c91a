"""`/v1`: the same engine for other tools (PROTOCOL §4b, INTERFACES §4).

A tool's request is made into one that the back end takes, with a head of our own; the answer comes
back in the form that the tool knows. Who serves is decided as for Codex.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from core.domain.client import Client
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.version import VERSION
from core.proxy import chat, v1_answers
from core.proxy.chat_events import ChatStream, completion
from core.proxy.facts import facts_of
from core.proxy.fields import Fields
from core.proxy.messages import Request, RequestHead
from core.proxy.reply import Reply
from core.proxy.v1_events import for_everybody, listed
from core.proxy.v1_replies import GatheredReply, StreamedReply, WholeReply
from core.proxy.v1_requests import Unsupported, Wanted, responses_wanted
from core.proxy.voice import Voice
from core.words.answers import Say

CLIENT_VERSION = "0.169.0"
"""The newest Codex that we know: the back end lists the models that it may use."""
USER_AGENT = f"turntable/{VERSION}".encode()
_ABOUT_THE_BODY = (b"accept", b"content-type", b"content-encoding")
_READ_APART = 256 * 1024
"""A larger body is read beside the loop (a turn of it is 8 ms)."""

type Pass = Callable[[Request, Facts, Voice], Awaitable[None]]
"""Sends a request with an account, and answers through a voice."""


class Form(StrEnum):
    """What a path of `/v1` is."""

    RESPONSES = "responses"
    CHAT = "chat"
    MODELS = "models"
    PASSED = "passed"
    """A path of Codex's that other tools may call as it is."""


PATHS = {
    (b"POST", b"/responses"): (Form.RESPONSES, RequestKind.RESPONSES, b"/codex/responses"),
    (b"POST", b"/chat/completions"): (Form.CHAT, RequestKind.RESPONSES, b"/codex/responses"),
    (b"POST", b"/responses/compact"): (
        Form.PASSED,
        RequestKind.RESPONSES,
        b"/codex/responses/compact",
    ),
    (b"GET", b"/models"): (
        Form.MODELS,
        RequestKind.MODELS,
        b"/codex/models?client_version=" + CLIENT_VERSION.encode(),
    ),
}
"""Method and path below `/v1`; whatever else there is passes to the path of the same name."""


async def serve(
    asked: tuple[Form, RequestKind],
    client: Client,
    request: Request,
    reply: Reply,
    go: Pass,
    *,
    say: Say,
) -> None:
    """Answer a tool's request.

    Args:
        asked: what its path is, and what it asks for.
        client: who asks.
        request: as it came.
        reply: the tool's connection.
        go: sends what is made of it.
        say: the language of our own sentences.
    """
    form, kind = asked
    match form:
        case Form.MODELS:
            facts = Facts(kind=RequestKind.MODELS, client=client.label, pool=client.pool)
            await go(_request(request, b""), facts, WholeReply(reply, listed, say))
            return
        case Form.PASSED:
            made = _as_sent(request)
            model = facts_of(made, kind).model
            facts = Facts(kind=kind, model=model, client=client.label, pool=client.pool)
            await go(made, facts, reply)
            return
        case _:
            pass
    read = chat.chat_wanted if form is Form.CHAT else responses_wanted
    if len(request.body) > _READ_APART:
        wanted = await asyncio.to_thread(read, request.body)
    else:
        wanted = read(request.body)
    if isinstance(wanted, Unsupported):
        reply.answer(v1_answers.unsupported(wanted.field, wanted.why, say))
        return
    plain = wanted.wanted if isinstance(wanted, chat.ChatWanted) else wanted
    voice = _voice(wanted, reply, say)
    await go(_request(request, plain.body), _facts(plain, client), voice)


def _voice(wanted: Wanted | chat.ChatWanted, reply: Reply, say: Say) -> Voice:
    match wanted:
        case chat.ChatWanted(wanted=Wanted(streams=True)):
            stream = ChatStream(with_usage=wanted.with_usage)
            return StreamedReply(reply, stream.chunks, say)
        case chat.ChatWanted():
            return GatheredReply(reply, completion, say)
        case Wanted(streams=True):
            return StreamedReply(reply, for_everybody, say)
        case Wanted():
            return GatheredReply(reply, dict, say)


def _facts(wanted: Wanted, client: Client) -> Facts:
    """A tool's conversation is its own, whatever another one calls its."""
    thread = ThreadId(f"{client.id}:{wanted.thread}") if wanted.thread else None
    return Facts(
        kind=RequestKind.RESPONSES,
        thread=thread,
        model=wanted.model,
        client=client.label,
        pool=client.pool,
    )


def _request(request: Request, body: bytes) -> Request:
    """A head of our own: nothing of the tool's but what it asks."""
    fields = [(b"accept", b"text/event-stream" if body else b"application/json")]
    if body:
        fields.append((b"content-type", b"application/json"))
    return _dressed(request, fields, body)


def _as_sent(request: Request) -> Request:
    """A head of our own that says of the body what the tool says: a picture to edit is no JSON."""
    asked = request.head.fields
    fields = [(name, value) for name in _ABOUT_THE_BODY if (value := asked.value(name))]
    return _dressed(request, fields, request.body)


def _dressed(request: Request, fields: list[tuple[bytes, bytes]], body: bytes) -> Request:
    asked = request.head
    named = Fields([*fields, (b"user-agent", USER_AGENT)])
    return Request(
        head=RequestHead(method=asked.method, target=asked.target, fields=named), body=body
    )
