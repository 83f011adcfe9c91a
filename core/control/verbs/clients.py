"""client, snippets: other tools that may call, and how they are pointed here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.pools import NamedPool, named_pool
from core.domain.client import Client, ClientId
from core.domain.errors import CoreError, ExitCode
from core.domain.rules import PoolId
from core.domain.ruling import find_pool
from core.domain.sentence import Sentence
from core.domain.state import drop_client, edit_client, put_client
from core.proxy.clients import TOKEN_PREFIX, token_hash

LONGEST_LABEL = 60
ANY_POOL = "none"
"""How people type that a client has no pool of its own."""
_HINT = "`turntable client list` shows who may call."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One tool that may call; `pool`: only its accounts serve it."""

    id: ClientId
    label: str
    created_at: datetime
    pool: NamedPool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """The answer of `client`.

    Attributes:
        clients: who may call; after a change, the one that was changed.
        token: shown this once; None where none was made.
        messages: the same in sentences.
    """

    clients: tuple[Caller, ...]
    token: str | None
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippets:
    """Texts by kind, and the same as messages."""

    address: str
    snippets: dict[str, str]
    messages: tuple[str, ...]


async def client(app: App, arguments: Arguments) -> Callers:
    """List who may call; let a tool call, give it a new token, or let it call no more."""
    match arguments.text("action"):
        case "create":
            label = arguments.text("label") or arguments.text("client")
            return await _create(app, label, arguments.text("pool"))
        case "set":
            return await _set(app, _named(app, arguments.text("client")), arguments.text("pool"))
        case "rotate":
            return await _rotate(app, _named(app, arguments.text("client")))
        case "revoke":
            return await _revoke(app, _named(app, arguments.text("client")))
        case _:
            return _list(app)


def _list(app: App) -> Callers:
    known = tuple(_caller(app, one) for one in app.state.clients.values())
    lines = [_line(app, caller) for caller in known]
    none = app.speech.say(
        "No other tool may call. `turntable client create --label NAME` lets one."
    )
    return Callers(clients=known, token=None, messages=tuple(lines) or (none,))


def _line(app: App, caller: Caller) -> str:
    if caller.pool is None:
        return app.speech.say("{label} ({id})", label=caller.label, id=caller.id)
    pool = caller.pool.name or "–"
    return app.speech.say(
        "{label} ({id}), pool {pool}", label=caller.label, id=caller.id, pool=pool
    )


async def _create(app: App, label: str | None, pool: str | None) -> Callers:
    label = (label or "").strip()
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        message = Sentence(
            "A label has 1 to {longest} printable characters.", longest=LONGEST_LABEL
        )
        hint = "`turntable client create --label NAME`."
        raise CoreError("bad_label", message, hint, exit_code=ExitCode.USAGE)
    if any(one.label == label for one in app.state.clients.values()):
        message = Sentence("“{label}” may call already.", label=label)
        hint = "`turntable client rotate` gives it a new token."
        raise CoreError("label_taken", message, hint, exit_code=ExitCode.USAGE)
    token = _new_token()
    made = Client(
        id=ClientId(f"cl_{secrets.token_hex(6)}"),
        label=label,
        token_sha256=token_hash(token),
        created_at=app.clock.now(),
        pool=_pool(app, pool),
    )
    await app.folder.store.change(put_client(made))
    return _with_token(app, made, token, "“{label}” may call with this token. It is shown once:")


async def _set(app: App, known: Client, pool: str | None) -> Callers:
    if pool is None:
        message = "client set needs --pool."
        raise CoreError("usage", message, "`--pool none`: any account.", exit_code=ExitCode.USAGE)
    chosen = _pool(app, pool)
    changed = await _edited(app, known, lambda as_it_is: replace(as_it_is, pool=chosen))
    caller = _caller(app, changed)
    said = (
        app.speech.say("Any account may serve “{label}”.", label=caller.label)
        if caller.pool is None
        else app.speech.say(
            "Only the pool {pool} serves “{label}”.", pool=caller.pool.name, label=caller.label
        )
    )
    return Callers(clients=(caller,), token=None, messages=(said,))


def _pool(app: App, typed: str | None) -> PoolId | None:
    return None if typed in (None, ANY_POOL) else find_pool(app.state, typed or "").id


async def _rotate(app: App, known: Client) -> Callers:
    token, now = _new_token(), app.clock.now()
    changed = await _edited(
        app,
        known,
        lambda as_it_is: replace(as_it_is, created_at=now, token_sha256=token_hash(token)),
    )
    said = "“{label}” has a new token; the old one opens nothing any more. It is shown once:"
    return _with_token(app, changed, token, said)


async def _edited(app: App, known: Client, edit: Callable[[Client], Client]) -> Client:
    """The tool after an edit of what it is by then; somebody else may edit it at the same time."""
    await app.folder.store.change(edit_client(known.id, edit))
    changed = app.state.clients.get(known.id)
    if changed is None:
        raise _nobody_named(known.label)
    return changed


def _new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def _with_token(app: App, client: Client, token: str, said: str) -> Callers:
    messages = (app.speech.say(said, label=client.label), token)
    return Callers(clients=(_caller(app, client),), token=token, messages=messages)


async def _revoke(app: App, known: Client) -> Callers:
    await app.folder.store.change(drop_client(known.id))
    message = app.speech.say("“{label}” may not call any more.", label=known.label)
    return Callers(clients=(_caller(app, known),), token=None, messages=(message,))


def _named(app: App, typed: str | None) -> Client:
    for one in app.state.clients.values():
        if typed and typed in (one.id, one.label):
            return one
    raise _nobody_named(typed)


def _nobody_named(typed: str | None) -> CoreError:
    message = Sentence("No tool is known as “{typed}”.", typed=typed) if typed else "Which tool?"
    return CoreError("no_client_named", message, _HINT, exit_code=ExitCode.USAGE)


def _caller(app: App, client: Client) -> Caller:
    return Caller(
        id=client.id,
        label=client.label,
        created_at=client.created_at,
        pool=named_pool(app.state, client.pool),
    )


async def snippets(app: App, arguments: Arguments) -> Snippets:
    """How a tool is pointed here; the token stands in the environment, never in a file of ours."""
    address = f"http://127.0.0.1:{app.port or app.settings.proxy.port}/v1"
    only = arguments.text("kind")
    found = {
        kind: text.replace("{address}", address)
        for kind, text in _SNIPPETS.items()
        if only in (None, kind)
    }
    return Snippets(address=address, snippets=found, messages=tuple(found.values()))


_SNIPPETS = {
    "env": """# Shell; most tools read these.
export OPENAI_BASE_URL={address}
export OPENAI_API_KEY=tt_…  # turntable client create --label my-tool""",
    "curl": """# curl
curl {address}/responses \\
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" \\
  -d '{"model": "gpt-6.1-sol", "input": "Say hi."}'""",
    "python": """# Python: the openai package
import os
from openai import OpenAI

client = OpenAI(base_url="{address}", api_key=os.environ["OPENAI_API_KEY"])
print(client.responses.create(model="gpt-6.1-sol", input="Say hi.").output_text)""",
    "node": """// Node: the openai package
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{address}", apiKey: process.env.OPENAI_API_KEY });
const answer = await client.responses.create({ model: "gpt-6.1-sol", input: "Say hi." });
console.log(answer.output_text);""",
    "opencode": """// opencode.json
{
  "provider": {
    "turntable": {
      "npm": "@ai-sdk/openai-compatible",
      "options": { "baseURL": "{address}", "apiKey": "{env:OPENAI_API_KEY}" },
      "models": { "gpt-6.1-sol": {} }
    }
  }
}""",
    "codex": """# Codex, for one run and without `turntable bind` (history of its own)
codex -c model_provider='"turntable"' \\
  -c model_providers.turntable.name='"Turntable"' \\
  -c model_providers.turntable.base_url='"{address}"' \\
  -c model_providers.turntable.wire_api='"responses"' \\
  -c model_providers.turntable.env_key='"OPENAI_API_KEY"'""",
}
