"""The paths below `/backend-api/codex/`: turns, models, and what comes with them."""

from collections.abc import Mapping
from typing import Any

from core.standin import answers, limits, replies, rules, turns
from core.standin.acts import Streamed
from core.standin.catalogue import Catalogue
from core.standin.outcome import Outcome, scripted, violated
from core.standin.recorded import Recorded
from core.standin.replies import Headers, Reply
from core.standin.script import Effects, Endpoint, Fails, Says, Script
from core.standin.turns import Response, Turn, Usage
from core.standin.world import Account, World, after_use, blocked_until


class CodexPaths:
    """Answers for an account whose token and head are good.

    Attributes:
        answer_with: what the model says when no script says it.
        recording: for load: every turn is answered with this, its body unread.
    """

    def __init__(self, *, world: World, script: Script, catalogue: Catalogue) -> None:
        """All three belong to the server."""
        self.answer_with: answers.Answer = answers.greet
        self.recording: Outcome | None = None
        self._world = world
        self._script = script
        self._catalogue = catalogue

    def models(self, recorded: Recorded) -> Reply:
        """`GET models?client_version=…`: the catalogue, or 304 for the one that is known."""
        etag = self._catalogue.etag
        if "client_version" not in recorded.query:
            return replies.error(400, "client_version is required")
        headers = ((b"etag", etag.encode()), (b"cache-control", b"private"))
        if recorded.header("if-none-match") == etag:
            return Reply(status=304, headers=headers)
        return Reply(status=200, body=self._catalogue.body, headers=headers)

    def search(self) -> Reply:
        """`POST alpha/search`."""
        return replies.as_json(200, {"output": "No results: this is a stand-in."})

    def image(self) -> Reply:
        """`POST images/generations|edits`: one transparent pixel."""
        created = int(self._world.now.timestamp())
        return replies.as_json(200, {"created": created, "data": [{"b64_json": _PIXEL}]})

    def responses(self, recorded: Recorded, account: Account) -> Outcome:
        """`POST responses`: body rules, then the script, then the limits, then the model."""
        if self.recording is not None:
            return self.recording
        try:
            decoded = recorded.decoded
            body = recorded.json_of(decoded)
        except ValueError:
            return violated("the body is not JSON")
        if sentence := rules.body_violation(body, recorded.headers):
            return violated(sentence)
        if (refusal := self._refusal(body, account)) is not None:
            return Outcome(refusal)
        effects = self._script.take(Endpoint.RESPONSES, account.name)
        if (instead := scripted(effects)) is not None:
            return instead
        if (limited := self._limited(account, body["model"])) is not None:
            return Outcome(limited, effects)
        turn = self._turn(body, account, effects)
        response = self._response(
            recorded, account, body["model"], turns.measure(turn, len(decoded))
        )
        return Outcome(self._stream(recorded, account, response, turn, effects), effects)

    def _refusal(self, body: Mapping[str, Any], account: Account) -> Reply | None:
        """Why a well-formed body cannot be served for this account, whatever is left."""
        if body["model"] not in self._catalogue.models:
            return replies.unsupported_model(body["model"])
        if previous := body.get("previous_response_id"):
            return replies.previous_response_not_found(str(previous))
        if rules.makers(body) - {account.person.account_id}:
            return replies.invalid_encrypted_content()
        return None

    def _limited(self, account: Account, model: str) -> Reply | None:
        now = self._world.now
        until = blocked_until(account, model)
        if until is None:
            return None
        reply = replies.usage_limit_reached(resets_at=until, now=now, plan=account.person.plan)
        return replies.with_headers(reply, limits.headers(account, model, now))

    def _turn(self, body: Mapping[str, Any], account: Account, effects: Effects) -> Turn:
        for effect in effects:
            if isinstance(effect, Says):
                return effect.turn
        if answers.asks_to_compact(body):
            return Turn(compaction=True)
        return self.answer_with(body, account)

    def _response(self, recorded: Recorded, account: Account, model: str, usage: Usage) -> Response:
        return Response(
            number=recorded.number,
            account_id=account.person.account_id,
            model=model,
            created_at=int(self._world.now.timestamp()),
            usage=usage,
        )

    def _stream(
        self,
        recorded: Recorded,
        account: Account,
        response: Response,
        turn: Turn,
        effects: Effects,
    ) -> Streamed:
        """Begin the response; what it uses counts from now on, whether or not it is read."""
        now = self._world.now
        model = response.model
        first = limits.event(account, model, now)
        recorded.accepted = True
        failure = next((one for one in effects if isinstance(one, Fails)), None)
        if failure is None:
            events = turns.events(turn, response, first)
            self._world.put(after_use(account, model, response.usage.total_tokens, now))
        else:
            events = turns.failing(response, first, failure.code)
        headers = (
            *limits.headers(account, model, now),
            *self._response_headers(recorded, account, model),
        )
        return Streamed(headers=headers, events=events)

    def _response_headers(self, recorded: Recorded, account: Account, model: str) -> Headers:
        headers = (
            (b"x-models-etag", self._catalogue.etag.encode()),
            (b"openai-model", model.encode()),
            (b"x-request-id", b"req_%012d" % recorded.number),
            (b"x-reasoning-included", b"true"),
        )
        if recorded.header("x-codex-turn-state") is not None:
            return headers
        # The first one of a turn is the one that the client sends back until the turn ends.
        state = rules.turn_state(account.person.account_id, recorded.number)
        return (*headers, (b"x-codex-turn-state", state.encode()))


_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAC"
    "hwGA60e6kgAAAABJRU5ErkJggg=="
)
