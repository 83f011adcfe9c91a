"""How the model answers: a `POST responses`, or a `response.create` of a WebSocket.

Body rules, then what cannot be served for this account, then the script, then the limits, then
the model itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.standin import answers, limits, replies, rules, turns
from core.standin.acts import Streamed
from core.standin.catalogue import Catalogue
from core.standin.outcome import Outcome, scripted, violated
from core.standin.recorded import Recorded
from core.standin.replies import Headers, Reply
from core.standin.script import Closes, Effects, Endpoint, Fails, Says, Script
from core.standin.session import LONGEST, NOTHING_SAID, History, Session
from core.standin.turns import Response, Turn
from core.standin.world import Account, World, after_use, blocked_until

_TURN_STATE = "x-codex-turn-state"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A well-formed request.

    Attributes:
        recorded: as it came.
        account: who asks.
        body: its JSON; over a WebSocket with the whole thread as `input`.
        size: decoded bytes of the thread so far.
        state: the turn state that it brings back.
        session: the WebSocket that it came over.
        thread: what a later message may continue.
    """

    recorded: Recorded
    account: Account
    body: Mapping[str, Any]
    size: int
    state: str | None
    session: Session | None = None
    thread: History = NOTHING_SAID

    @property
    def model(self) -> str:
        return str(self.body["model"])


class Responses:
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

    def over_http(self, recorded: Recorded, account: Account) -> Outcome:
        """`POST responses`."""
        if self.recording is not None:
            return self.recording
        try:
            decoded = recorded.decoded
            body = recorded.json_of(decoded)
        except ValueError:
            return violated("the body is not JSON")
        if sentence := rules.body_violation(body, recorded.headers):
            return violated(sentence)
        return self._answer(
            _Asked(
                recorded=recorded,
                account=account,
                body=body,
                size=len(decoded),
                state=recorded.header(_TURN_STATE),
            )
        )

    def over_socket(self, recorded: Recorded, account: Account, session: Session) -> Outcome:
        """One message of a WebSocket; only `response.create` is known."""
        if self.recording is not None:
            return self.recording
        try:
            body = recorded.json
        except ValueError:
            return violated("the message is not JSON")
        if not isinstance(body, Mapping) or body.get("type") != "response.create":
            return violated("the message is not response.create")
        if sentence := rules.body_violation(body, recorded.headers):
            return violated(sentence)
        state = _brought_back(body)
        if sentence := rules.state_violation(state, account):
            return Outcome(replies.wrong_account(), violation=sentence)
        recorded.generates = body.get("generate") is not False
        if self._world.now >= session.opened_at + LONGEST:
            return Outcome(replies.socket_limit(), (Closes(after_events=1),))
        before = session.continued(body)
        items = (*before.items, *body["input"])
        thread = History(items, before.size + len(recorded.body))
        return self._answer(
            _Asked(
                recorded=recorded,
                account=account,
                body={**body, "input": list(items)},
                size=thread.size,
                state=state,
                session=session,
                thread=thread,
            )
        )

    def _answer(self, asked: _Asked) -> Outcome:
        if (refusal := self._refusal(asked)) is not None:
            return Outcome(refusal)
        endpoint = Endpoint.RESPONSES if asked.recorded.generates else Endpoint.PREWARM
        effects = self._script.take(endpoint, asked.account.name)
        if (instead := scripted(effects)) is not None:
            return instead
        if (limited := self._limited(asked)) is not None:
            return Outcome(limited, effects)
        return Outcome(self._stream(asked, effects), effects)

    def _refusal(self, asked: _Asked) -> Reply | None:
        """Why a well-formed body cannot be served for this account, whatever is left."""
        if asked.model not in self._catalogue.models:
            return replies.unsupported_model(asked.model)
        previous = asked.body.get("previous_response_id")
        if previous and (asked.session is None or previous not in asked.session.histories):
            return replies.previous_response_not_found(str(previous))
        if rules.makers(asked.body) - {asked.account.person.account_id}:
            return replies.invalid_encrypted_content()
        return None

    def _limited(self, asked: _Asked) -> Reply | None:
        now = self._world.now
        until = blocked_until(asked.account, asked.model)
        if until is None:
            return None
        plan = asked.account.person.plan
        reply = replies.usage_limit_reached(resets_at=until, now=now, plan=plan)
        return replies.with_headers(reply, limits.headers(asked.account, asked.model, now))

    def _turn(self, asked: _Asked, effects: Effects) -> Turn:
        for effect in effects:
            if isinstance(effect, Says):
                return effect.turn
        if answers.asks_to_compact(asked.body):
            return Turn(compaction=True)
        return self.answer_with(asked.body, asked.account)

    def _stream(self, asked: _Asked, effects: Effects) -> Streamed:
        """Begin the response; what it uses counts from now on, whether or not it is read."""
        now = self._world.now
        account, model = asked.account, asked.model
        generates = asked.recorded.generates
        turn = self._turn(asked, effects) if generates else Turn()
        usage = turns.measure(turn, asked.size) if generates else turns.NOTHING_USED
        response = Response(
            number=asked.recorded.number,
            account_id=account.person.account_id,
            model=model,
            created_at=int(now.timestamp()),
            usage=usage,
        )
        first = limits.event(account, model, now)
        failure = next((one for one in effects if isinstance(one, Fails)), None)
        asked.recorded.accepted = generates
        if failure is not None:
            events = turns.failing(response, first, failure.code)
        elif generates:
            events = turns.events(turn, response, first)
            self._world.put(after_use(account, model, usage.total_tokens, now))
        else:
            events = turns.prewarmed(response)
        if asked.session is not None:
            events = asked.session.remembering(events, response.response_id, asked.thread)
        fields = (*limits.headers(account, model, now), *self._fields(asked))
        return Streamed(headers=fields, events=events)

    def _fields(self, asked: _Asked) -> Headers:
        account_id = asked.account.person.account_id
        fields = (
            (b"x-models-etag", self._catalogue.etag_for(account_id).encode()),
            (b"openai-model", asked.model.encode()),
            (b"x-request-id", b"req_%012d" % asked.recorded.number),
            (b"x-reasoning-included", b"true"),
        )
        if asked.state is not None:
            return fields
        # The first one of a turn is the one that the client sends back until the turn ends.
        state = rules.turn_state(account_id, asked.recorded.number)
        return (*fields, (_TURN_STATE.encode(), state.encode()))


def _brought_back(body: Mapping[str, Any]) -> str | None:
    """The turn state that a message brings back in its `client_metadata`."""
    metadata = body.get("client_metadata")
    state = metadata.get(_TURN_STATE) if isinstance(metadata, Mapping) else None
    return state if isinstance(state, str) else None
