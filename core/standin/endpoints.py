"""The table of paths, and what every request must pass: head, token, account.

Nothing here waits. What is decided is returned; the world, the issuer, the script and the list of
violations are all that changes.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.standin import account_paths, replies, rules
from core.standin.codex_paths import CodexPaths
from core.standin.issuer import Denied, Issuer
from core.standin.outcome import Outcome, scripted, violated
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Endpoint, Script
from core.standin.world import Account, World

_BACKEND = "/backend-api"
_CODEX = f"{_BACKEND}/codex"
_TABLE = {
    ("GET", f"{_CODEX}/models"): Endpoint.MODELS,
    ("GET", f"{_CODEX}/responses"): Endpoint.HANDSHAKE,
    ("POST", f"{_CODEX}/responses"): Endpoint.RESPONSES,
    ("POST", f"{_CODEX}/alpha/search"): Endpoint.SEARCH,
    ("POST", f"{_CODEX}/images/generations"): Endpoint.IMAGES,
    ("POST", f"{_CODEX}/images/edits"): Endpoint.IMAGES,
    ("GET", f"{_BACKEND}/wham/usage"): Endpoint.USAGE,
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
        codex: CodexPaths,
        issuer_paths: Mapping[Endpoint, Answered],
        pages: Mapping[Endpoint, Answered],
    ) -> None:
        """All parts belong to the server.

        Args:
            world: accounts and time.
            issuer: who is signed in.
            script: what was queued.
            codex: the paths below `/backend-api/codex/`.
            issuer_paths: what programs ask of the issuer.
            pages: what browsers ask of it; their heads are their own affair.
        """
        self.own_hosts: frozenset[bytes] = frozenset()
        self.violations: list[Violation] = []
        self._world = world
        self._issuer = issuer
        self._script = script
        self._codex = codex
        self._issuer_paths = issuer_paths
        self._pages = pages

    def decide(self, recorded: Recorded) -> Outcome:
        """How the request is answered; fills in its account and status."""
        outcome = self._decide(recorded)
        recorded.status = outcome.answer.status if isinstance(outcome.answer, Reply) else 200
        if outcome.violation is not None:
            violation = Violation(recorded.number, recorded.target, outcome.violation)
            self.violations.append(violation)
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
        if sentence := rules.identity_violation(recorded.headers, account):
            return Outcome(replies.wrong_account(), violation=sentence)
        if endpoint is Endpoint.RESPONSES:
            return self._codex.responses(recorded, account)
        effects = self._script.take(endpoint, account.name)
        return scripted(effects) or Outcome(self._reply(endpoint, recorded, account), effects)

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
                return self._codex.models(recorded)
            case Endpoint.HANDSHAKE:
                return replies.upgrade_required()
            case Endpoint.SEARCH:
                return self._codex.search()
            case Endpoint.IMAGES:
                return self._codex.image()
            case Endpoint.USAGE:
                return account_paths.usage(account, self._world.now)
            case Endpoint.CHECK:
                return account_paths.check(account, self._world.accounts())
            case Endpoint.ACCOUNTS:
                return account_paths.workspaces(account, self._world.accounts())
            case _:
                known = recorded.path in _PATHS
                return replies.method_not_allowed() if known else replies.not_found()
