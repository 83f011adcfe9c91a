"""What each path answers: the back end's decisions, in the order in which the real one takes them.

Head, route, token, account, body, script, limits, answer. Nothing here waits; the only state it
changes is the world's, the issuer's and the script's.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from core.standin import answers, limits, replies, rules, turns
from core.standin.acts import Streamed
from core.standin.catalogue import Catalogue
from core.standin.issuer import Denied, Issuer
from core.standin.people import CLIENT_ID
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Effects, Endpoint, Fails, Says, Script
from core.standin.turns import Turn
from core.standin.world import Account, World, after_use, blocked_until

CODEX = "/backend-api/codex/"


class Outcome(NamedTuple):
    """What is answered, and how its bytes come."""

    answer: Reply | Streamed
    effects: Effects = ()


class Violation(NamedTuple):
    """A request that no client may send through us: which, and the sentence it was refused with."""

    number: int
    target: str
    sentence: str


class Endpoints:
    """The table of paths over one world."""

    def __init__(
        self, *, world: World, issuer: Issuer, script: Script, catalogue: Catalogue
    ) -> None:
        """The parts belong to the server, which sets the public attributes.

        Attributes:
            own_hosts: what `host` may say; known once the port is.
            answer_with: how unscripted turns are answered.
            recording: for load: every turn is answered with this, its body unread.
            violations: what was refused and must never be sent.
        """
        self.own_hosts: frozenset[bytes] = frozenset()
        self.answer_with: answers.Answer = answers.greet
        self.recording: Outcome | None = None
        self.violations: list[Violation] = []
        self._world = world
        self._issuer = issuer
        self._script = script
        self._catalogue = catalogue
        self._of_account: Mapping[
            tuple[str, str], tuple[Endpoint, Callable[[Recorded, Account], Outcome]]
        ] = {
            ("GET", CODEX + "models"): (Endpoint.MODELS, self._models),
            ("GET", CODEX + "responses"): (Endpoint.HANDSHAKE, self._handshake),
            ("POST", CODEX + "responses"): (Endpoint.RESPONSES, self._responses),
            ("GET", "/backend-api/wham/usage"): (Endpoint.USAGE, self._usage),
            ("GET", "/backend-api/wham/accounts/check"): (Endpoint.CHECK, self._check),
            ("GET", "/backend-api/accounts"): (Endpoint.ACCOUNTS, self._accounts),
            ("POST", CODEX + "alpha/search"): (Endpoint.OTHER, self._search),
            ("POST", CODEX + "images/generations"): (Endpoint.OTHER, self._image),
            ("POST", CODEX + "images/edits"): (Endpoint.OTHER, self._image),
        }
        self._of_nobody: Mapping[tuple[str, str], Callable[[Recorded], Outcome]] = {
            ("POST", "/oauth/token"): self._token,
            ("POST", "/oauth/revoke"): self._revoke,
        }

    def decide(self, recorded: Recorded) -> Outcome:
        """How the request is answered; fills in its account and status."""
        outcome = self._decide(recorded)
        recorded.status = outcome.answer.status if isinstance(outcome.answer, Reply) else 200
        return outcome

    def _decide(self, recorded: Recorded) -> Outcome:
        if sentence := rules.head_violation(recorded.headers, own_hosts=self.own_hosts):
            return self._violated(recorded, sentence)
        key = (recorded.method, recorded.path)
        if (plain := self._of_nobody.get(key)) is not None:
            return plain(recorded)
        account = self._recognise(recorded)
        if isinstance(account, Reply):
            return Outcome(account)
        recorded.account = account.name
        if sentence := rules.identity_violation(recorded.headers, account):
            self.violations.append(Violation(recorded.number, recorded.target, sentence))
            return Outcome(replies.wrong_account())
        if (row := self._of_account.get(key)) is None:
            return self._unknown(recorded, account)
        endpoint, handler = row
        if endpoint is Endpoint.RESPONSES:
            return self.recording or handler(recorded, account)
        effects = self._script.take(endpoint, account.name)
        return _scripted(effects) or Outcome(handler(recorded, account).answer, effects)

    def _violated(self, recorded: Recorded, sentence: str) -> Outcome:
        self.violations.append(Violation(recorded.number, recorded.target, sentence))
        return Outcome(replies.error(400, sentence))

    def _recognise(self, recorded: Recorded) -> Account | Reply:
        scheme, _, token = (recorded.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return replies.unauthorized("missing_authorization")
        family = self._issuer.recognise(token)
        if isinstance(family, Denied):
            return replies.unauthorized(family)
        return self._world.account(family.login.name)

    # The Codex paths

    def _models(self, recorded: Recorded, _account: Account) -> Outcome:
        etag = self._catalogue.etag
        if "client_version" not in recorded.query:
            return Outcome(replies.error(400, "client_version is required"))
        headers = ((b"etag", etag.encode()), (b"cache-control", b"private"))
        if recorded.header("if-none-match") == etag:
            return Outcome(Reply(status=304, headers=headers))
        return Outcome(Reply(status=200, body=self._catalogue.body, headers=headers))

    def _handshake(self, _recorded: Recorded, _account: Account) -> Outcome:
        return Outcome(replies.upgrade_required())

    def _responses(self, recorded: Recorded, account: Account) -> Outcome:
        try:
            decoded = recorded.decoded
            body = recorded.json_of(decoded)
        except ValueError:
            return self._violated(recorded, "the body is not JSON")
        if sentence := rules.body_violation(body, recorded.headers):
            return self._violated(recorded, sentence)
        if (refusal := self._refusal(body, account)) is not None:
            return Outcome(refusal)
        effects = self._script.take(Endpoint.RESPONSES, account.name)
        if (scripted := _scripted(effects)) is not None:
            return scripted
        now = self._world.now
        if (until := blocked_until(account, body["model"])) is not None:
            limited = replies.usage_limit_reached(
                resets_at=until, now=now, plan=account.person.plan
            )
            headers = limits.headers(account, body["model"], now)
            return Outcome(replies.with_headers(limited, headers), effects)
        return Outcome(self._stream(recorded, account, body, len(decoded), effects), effects)

    def _refusal(self, body: Mapping[str, Any], account: Account) -> Reply | None:
        """Why a well-formed body cannot be served by this account."""
        if body["model"] not in self._catalogue.models:
            return replies.unsupported_model(body["model"])
        if previous := body.get("previous_response_id"):
            return replies.previous_response_not_found(str(previous))
        if rules.makers(body) - {account.person.account_id}:
            return replies.invalid_encrypted_content()
        return None

    def _stream(
        self,
        recorded: Recorded,
        account: Account,
        body: Mapping[str, Any],
        length: int,
        effects: Effects,
    ) -> Streamed:
        now = self._world.now
        model = body["model"]
        says = next((one.turn for one in effects if isinstance(one, Says)), None)
        turn = says or (
            Turn(compaction=True)
            if answers.asks_to_compact(body)
            else self.answer_with(body, account)
        )
        response = turns.Response(
            number=recorded.number,
            account_id=account.person.account_id,
            model=model,
            created_at=int(now.timestamp()),
            usage=turns.measure(turn, length),
        )
        limit_event = limits.event(account, model, now)
        recorded.accepted = True
        fails = next((one for one in effects if isinstance(one, Fails)), None)
        if fails is not None:
            events = turns.failing(response, limit_event, fails.code)
        else:
            events = turns.events(turn, response, limit_event)
            tokens = response.usage.total_tokens
            self._world.put(after_use(account, model, tokens, now))
        return Streamed(
            headers=(
                *limits.headers(account, model, now),
                *self._response_headers(recorded, account, model),
            ),
            events=events,
        )

    def _response_headers(
        self, recorded: Recorded, account: Account, model: str
    ) -> replies.Headers:
        headers = [
            (b"x-models-etag", self._catalogue.etag.encode()),
            (b"openai-model", model.encode()),
            (b"x-request-id", b"req_%012d" % recorded.number),
            (b"x-reasoning-included", b"true"),
        ]
        if recorded.header("x-codex-turn-state") is None:
            state = rules.turn_state(account.person.account_id, recorded.number)
            headers.append((b"x-codex-turn-state", state.encode()))
        return tuple(headers)

    def _search(self, _recorded: Recorded, _account: Account) -> Outcome:
        return Outcome(replies.as_json(200, {"output": "No results: this is a stand-in."}))

    def _image(self, _recorded: Recorded, _account: Account) -> Outcome:
        created = int(self._world.now.timestamp())
        return Outcome(replies.as_json(200, {"created": created, "data": [{"b64_json": _PIXEL}]}))

    def _unknown(self, recorded: Recorded, account: Account) -> Outcome:
        known = {path for _, path in self._of_account}
        effects = self._script.take(Endpoint.OTHER, account.name)
        missing = replies.method_not_allowed() if recorded.path in known else replies.not_found()
        return _scripted(effects) or Outcome(missing, effects)

    # The account paths

    def _usage(self, _recorded: Recorded, account: Account) -> Outcome:
        return Outcome(replies.as_json(200, limits.usage(account, self._world.now)))

    def _memberships(self, account: Account) -> list[Account]:
        """Every workspace of the same user."""
        user = account.person.user_id
        return [one for one in self._world.accounts() if one.person.user_id == user]

    def _check(self, _recorded: Recorded, account: Account) -> Outcome:
        entries = [
            {
                "id": one.person.account_id,
                "name": one.workspace_name,
                "structure": "personal" if one.workspace_name == "Personal" else "workspace",
                "plan_type": one.person.plan,
                "is_deactivated": False,
                "is_fedramp_compliant_workspace": one.person.fedramp,
                "can_access_with_session": True,
                "sso_connection_name": None,
                "profile_picture_url": None,
                "workspace_backend_origin": one.origin,
                "account_routing_override": one.routing_override,
            }
            for one in self._memberships(account)
        ]
        value = {
            "accounts": entries,
            "account_ordering": [entry["id"] for entry in entries],
            "default_account_id": account.person.account_id,
        }
        return Outcome(replies.as_json(200, value))

    def _accounts(self, _recorded: Recorded, account: Account) -> Outcome:
        items = [
            {"id": one.person.account_id, "name": one.workspace_name}
            for one in self._memberships(account)
        ]
        return Outcome(replies.as_json(200, {"items": items}))

    # The issuer's paths

    def _token(self, recorded: Recorded) -> Outcome:
        try:
            form = recorded.form
        except (ValueError, AttributeError):
            return Outcome(replies.oauth_error("invalid_request"))
        family = self._issuer.owner(form.get("refresh_token", ""))
        recorded.account = family.login.name if family else None
        if form.get("client_id") != CLIENT_ID:
            return Outcome(replies.oauth_error("invalid_client", status=401))
        if form.get("grant_type") != "refresh_token":
            return Outcome(replies.oauth_error("unsupported_grant_type"))
        effects = self._script.take(Endpoint.REFRESH, recorded.account)
        if (scripted := _scripted(effects)) is not None:
            return scripted
        match self._issuer.redeem(form.get("refresh_token", "")):
            case Denied() as denied:
                sentence = "Your session has ended. Please log in again."
                return Outcome(replies.error(401, sentence, code=denied), effects)
            case login:
                seconds = (login.expires_at - login.issued_at).total_seconds()
                tokens = {
                    "id_token": login.id_token,
                    "access_token": login.access_token,
                    "refresh_token": login.refresh_token,
                    "token_type": "Bearer",
                    "expires_in": int(seconds),
                }
                return Outcome(replies.as_json(200, tokens), effects)

    def _revoke(self, recorded: Recorded) -> Outcome:
        try:
            form = recorded.form
        except (ValueError, AttributeError):
            return Outcome(replies.oauth_error("invalid_request"))
        family = self._issuer.owner(form.get("token", ""))
        recorded.account = family.login.name if family else None
        effects = self._script.take(Endpoint.REVOKE, recorded.account)
        if (scripted := _scripted(effects)) is not None:
            return scripted
        # RFC 7009 §2.2: an unknown token is answered 200, too.
        self._issuer.revoke(form.get("token", ""))
        return Outcome(replies.as_json(200, {}), effects)


def _scripted(effects: Effects) -> Outcome | None:
    reply = next((one for one in effects if isinstance(one, Reply)), None)
    return None if reply is None else Outcome(reply, effects)


# One transparent pixel.
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAC"
    "hwGA60e6kgAAAABJRU5ErkJggg=="
)
