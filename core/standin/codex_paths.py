"""The small paths below `/backend-api/codex/`: models, search, images. Pure."""

from datetime import datetime

from core.standin import replies
from core.standin.catalogue import Catalogue
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.world import Account


def models(recorded: Recorded, account: Account, catalogue: Catalogue) -> Reply:
    """`GET models?client_version=…`: the catalogue, or 304 for the one that is known."""
    etag = catalogue.etag_for(account.person.account_id)
    if "client_version" not in recorded.query:
        return replies.error(400, "client_version is required")
    headers = ((b"etag", etag.encode()), (b"cache-control", b"private"))
    if recorded.header("if-none-match") == etag:
        return Reply(status=304, headers=headers)
    return Reply(status=200, body=catalogue.body, headers=headers)


def search() -> Reply:
    """`POST alpha/search`."""
    return replies.as_json(200, {"output": "No results: this is a stand-in."})


def image(now: datetime) -> Reply:
    """`POST images/generations|edits`: one transparent pixel."""
    created = int(now.timestamp())
    return replies.as_json(200, {"created": created, "data": [{"b64_json": _PIXEL}]})


_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAC"
    "hwGA60e6kgAAAABJRU5ErkJggg=="
)
