"""The table of paths, and what every request must pass: head, token, account.

Nothing here waits. What is decided is returned; the world, the issuer, the script and the list of
violations are all that changes.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.standin import account_paths, codex_paths, replies, rules
from core.standin.acts import Streamed, Upgraded
from core.standin.catalogue import Catalogue
from core.standin.issuer import Denied, Issuer
from core.standin.outcome import Outcome, scripted, violated
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.responses import Responses
from core.standin.script import Endpoint, Script
from core.standin.session import Session
from core.standin.socket_paths import SocketPaths
from core.standin.world import Account, World

_BACKEND = "/backend-api"
_CODEX = f"{_BACKEND}/codex"
_ROUTED = f"{_CODEX}/"
_TABLE = {
    ("GET", f"{_CODEX}/models"): Endpoint.MODELS,
    ("GET", f"{_CODEX}/responses"): Endpoint.HANDSHAKE,
    ("POST", f"{_CODEX}/responses"): Endpoint.RESPONSES,
    ("POST", f"{_CODEX}/alpha/search"): Endpoint.SEARCH,
    ("POST", f"{_CODEX}/images/generations"): Endpoint.IMAGES,
    ("POST", f"{_CODEX}/images/edits"): Endpoint.IMAGES,
    ("GET", f"{_BACKEND}/wham/usage"): Endpoint.USAGE,
    ("GET", f"{_BACKEND}/wham/rate-limit-reset-credits"): Endpoint.RESET_CREDITS,
    ("POST", f"{_BACKEND}/wham/rate-limit-reset-credits/consume"): Endpoint.CONSUME,
    ("GET", f"{_BACKEND}/wham/accounts/check"): Endpoint.CHECK,
    ("GET", f"{_BACKEND}/accounts"): Endpoint.ACCOUNTS,
    ("POST", "/oauth/token"): Endpoint.REFRESH,
    ("POST", "/oauth/revoke"): Endpoint.REVOKE,
    ("GET", "/oauth/authorize"): Endpoint.AUTHORIZE,
    ("POST", "/oauth/authorize"): Endpoint.AUTHORIZE,
    ("GET", "/codex/device"): Endpoint.DEVICE_PAGE,
    ("POST", "/codex/device"): Endpoint.DEVICE_PAGE,
    ("POST", "/api/accounts/deviceauth/usercode"): Endpoint.DEVICE_CODE,
    ("POST", "/api/accounts/deviceauth/token"): Endpoint.DEVICE_TOKEN,
}
_PATHS = frozenset(path for _, path in _TABLE)

type Answered = Callable[[Recorded], Outcome]


class Violation(NamedTuple):
    """A request that no client may send through us: which one, and why."""

    number: int
    target: str
    sentence: str


class Endpoints:
    """Decides every request.

    Attributes:
        own_hosts: what `host` may say; known once the port is.
        violations: what was refused and must never be sent.
    """

    def __init__(
        self,
        *,
        world: World,
        issuer: Issuer,
        script: Script,
        catalogue: Catalogue,
        responses: Responses,
        sockets: SocketPaths,
        issuer_paths: Mapping[Endpoint, Answered],
        pages: Mapping[Endpoint, Answered],
    ) -> None:
        """All parts belong to the server.

        Args:
            world: accounts and time.
            issuer: who is signed in.
            script: what was queued.
            catalogue: the models.
            responses: how the model answers.
            sockets: WebSocket handshakes.
            issuer_paths: what programs ask of the issuer.
            pages: what browsers ask of it; their heads are their own affair.
        """
        self.own_hosts: frozenset[bytes] = frozenset()
        self.violations: list[Violation] = []
        self._world = world
        self._issuer = issuer
        self._script = script
        self._catalogue = catalogue
        self._responses = responses
        self._sockets = sockets
        self._issuer_paths = issuer_paths
        self._pages = pages

    def decide(self, recorded: Recorded) -> Outcome:
        """How the request is answered; fills in its account and status."""
        return self._noted(recorded, self._decide(recorded))

    def decide_message(self, recorded: Recorded, session: Session) -> Outcome:
        """How a message of a WebSocket is answered; fills in the same."""
        account = self._world.account(session.account)
        recorded.account = account.name
        return self._noted(recorded, self._responses.over_socket(recorded, account, session))

    def blame(self, recorded: Recorded, sentence: str) -> None:
        """What the client of this request did and must never do."""
        self.violations.append(Violation(recorded.number, recorded.target, sentence))

    def _noted(self, recorded: Recorded, outcome: Outcome) -> Outcome:
        match outcome.answer:
            case Reply():
                recorded.status = outcome.answer.status
            case Streamed():
                recorded.status = 200
            case Upgraded():
                recorded.status = 101
        if outcome.violation is not None:
            self.blame(recorded, outcome.violation)
        return outcome

    def _decide(self, recorded: Recorded) -> Outcome:
        endpoint = _TABLE.get((recorded.method, recorded.path), Endpoint.OTHER)
        if page := self._pages.get(endpoint):
            sentence = rules.host_violation(recorded.headers, own_hosts=self.own_hosts)
            return violated(sentence) if sentence else page(recorded)
        if sentence := rules.head_violation(recorded.headers, own_hosts=self.own_hosts):
            return violated(sentence)
        if answered := self._issuer_paths.get(endpoint):
            return answered(recorded)
        account = self._recognise(recorded)
        if isinstance(account, Reply):
            return Outcome(account)
        recorded.account = account.name
        routed = recorded.path.startswith(_ROUTED)
        if sentence := rules.identity_violation(recorded.headers, account, routed=routed):
            return Outcome(replies.wrong_account(), violation=sentence)
        if endpoint is Endpoint.RESPONSES:
            return self._responses.over_http(recorded, account)
        effects = self._script.take(endpoint, account.name)
        if (instead := scripted(effects)) is not None:
            return instead
        if endpoint is Endpoint.HANDSHAKE:
            return self._sockets.handshake(recorded, account, effects)
        if endpoint is Endpoint.CONSUME:
            return account_paths.consume(recorded, account, self._world)._replace(effects=effects)
        return Outcome(self._reply(endpoint, recorded, account), effects)

    def _recognise(self, recorded: Recorded) -> Account | Reply:
        """The account whose good access token the request carries."""
        scheme, _, token = (recorded.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return replies.unauthorized("missing_authorization")
        family = self._issuer.recognise(token)
        if isinstance(family, Denied):
            return replies.unauthorized(family)
        return self._world.account(family.login.name)

    def _reply(self, endpoint: Endpoint, recorded: Recorded, account: Account) -> Reply:
        match endpoint:
            case Endpoint.MODELS:
                return codex_paths.models(recorded, account, self._catalogue)
            case Endpoint.SEARCH:
                return codex_paths.search()
            case Endpoint.IMAGES:
                return codex_paths.image(self._world.now)
            case Endpoint.USAGE:
                return account_paths.usage(account, self._world.now)
            case Endpoint.RESET_CREDITS:
                return account_paths.credits_left(account, self._world.now)
            case Endpoint.CHECK:
                return account_paths.check(account, self._world.accounts())
            case Endpoint.ACCOUNTS:
                return account_paths.workspaces(account, self._world.accounts())
            case _:
                known = recorded.path in _PATHS
                return replies.method_not_allowed() if known else replies.not_found()
