"""Complete answers with a known length, and the refusals of the real back end (PROTOCOL §5)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Headers = tuple[tuple[bytes, bytes], ...]

_JSON = b"application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status, extra fields and the whole body."""

    status: int
    body: bytes = b""
    content_type: bytes = _JSON
    headers: Headers = field(default=())


def as_json(status: int, value: Mapping[str, Any], *, headers: Headers = ()) -> Reply:
    """`value` as a JSON body."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Reply(status=status, body=body, headers=headers)


def error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    type_: str = "invalid_request_error",
    param: str | None = None,
    headers: Headers = (),
) -> Reply:
    """The error object of the Responses API."""
    value = {"error": {"message": message, "type": type_, "param": param, "code": code}}
    return as_json(status, value, headers=headers)


def usage_limit_reached(
    *, resets_at: datetime, now: datetime, plan: str = "plus", status: int = 429
) -> Reply:
    """429 with the time of the reset; some back ends say 404 instead."""
    seconds = max(0, int((resets_at - now).total_seconds()))
    value = {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": plan,
        "resets_at": int(resets_at.timestamp()),
        "resets_in_seconds": seconds,
    }
    return as_json(status, {"error": value})


def usage_not_included() -> Reply:
    """429: the plan has no Codex."""
    return as_json(
        429, {"error": {"type": "usage_not_included", "message": "Usage is not included"}}
    )


def rate_limit_exceeded(*, retry_after_s: int | None = None) -> Reply:
    """429 for too many requests at once; `retry_after_s` becomes `Retry-After`."""
    headers = () if retry_after_s is None else ((b"retry-after", str(retry_after_s).encode()),)
    return error(
        429,
        "Rate limit reached. Please try again later.",
        code="rate_limit_exceeded",
        type_="requests",
        headers=headers,
    )


def unauthorized(code: str = "token_invalidated") -> Reply:
    """401 for an access token that is not good (any more)."""
    return error(
        401,
        "Your authentication token is not valid. Please sign in again.",
        code=code,
        headers=((b"www-authenticate", b"Bearer"),),
    )


def deactivated_workspace() -> Reply:
    """402: the workspace is gone."""
    return as_json(402, {"detail": {"code": "deactivated_workspace"}})


def wrong_account() -> Reply:
    """403: `chatgpt-account-id` names a workspace that the token does not belong to."""
    return as_json(403, {"detail": "You do not have access to this workspace."})


def cdn_challenge() -> Reply:
    """403 with HTML: the CDN speaks, not the back end; the token is fine."""
    page = (
        b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
        b"<body>Enable JavaScript and cookies to continue</body></html>"
    )
    return Reply(
        status=403,
        body=page,
        content_type=b"text/html; charset=UTF-8",
        headers=((b"cf-mitigated", b"challenge"),),
    )


def captive_portal() -> Reply:
    """200 with HTML where JSON or a stream was asked for."""
    page = b"<html><body><h1>Welcome to the guest network</h1></body></html>"
    return Reply(status=200, body=page, content_type=b"text/html")


def server_error(status: int = 500, *, body: bool = True) -> Reply:
    """A 5xx, with or without a body; 503 is the overload that the client knows by its code."""
    if not body:
        return Reply(status=status)
    code = "server_is_overloaded" if status == 503 else "server_error"
    return error(status, "The server had an error.", code=code, type_="server_error")


def invalid_encrypted_content() -> Reply:
    """400: reasoning that another account made, or that was changed on its way."""
    return error(
        400,
        "The encrypted content could not be verified.",
        code="invalid_encrypted_content",
    )


def socket_limit() -> Reply:
    """400: a WebSocket has served for an hour; the client opens another one."""
    return error(
        400,
        "Responses websocket connection limit reached (60 minutes). "
        "Create a new websocket connection to continue.",
        code="websocket_connection_limit_reached",
    )


def previous_response_not_found(response_id: str) -> Reply:
    """400: nothing is stored: only a WebSocket can continue what it has answered itself."""
    return error(
        400,
        f"Previous response with id '{response_id}' not found.",
        code="previous_response_not_found",
        param="previous_response_id",
    )


def unsupported_model(model: str) -> Reply:
    """400: a model that this kind of login cannot use."""
    detail = f"The '{model}' model is not supported when using Codex with a ChatGPT account."
    return as_json(400, {"detail": detail})


def not_found() -> Reply:
    """404 of a path that does not exist."""
    return as_json(404, {"detail": "Not Found"})


def method_not_allowed() -> Reply:
    """405 of a path that exists for another method."""
    return as_json(405, {"detail": "Method Not Allowed"})


def upgrade_required() -> Reply:
    """426: no WebSocket here; the client falls back to HTTPS silently."""
    return Reply(status=426)


def oauth_error(code: str, *, status: int = 400) -> Reply:
    """The error of the token endpoint (RFC 6749 §5.2)."""
    return as_json(status, {"error": code, "error_description": f"The request failed: {code}."})


def with_headers(reply: Reply, headers: Headers) -> Reply:
    """The same reply with more fields."""
    return replace(reply, headers=(*reply.headers, *headers))
