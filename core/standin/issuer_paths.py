"""The issuer's paths: redeem a code or a refresh token, revoke one (RFC 6749, RFC 7009)."""

from collections.abc import Mapping

from core.standin import replies
from core.standin.codes import Codes
from core.standin.issuer import Denied, Issuer
from core.standin.outcome import Outcome, scripted
from core.standin.people import CLIENT_ID, Login
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Effects, Endpoint, Issues, Script

_ENDED = "Your session has ended. Please log in again."
# What a login gets that belongs to no organisation of the API platform.
_NO_API_KEY = "Invalid ID token: missing organization_id"
_EXCHANGE = {"grant_type", "client_id", "code", "redirect_uri", "code_verifier"}


class IssuerPaths:
    """Answers `/oauth/token` and `/oauth/revoke`; JSON and form-encoded alike."""

    def __init__(self, issuer: Issuer, script: Script, codes: Codes) -> None:
        """All three belong to the server."""
        self._issuer = issuer
        self._script = script
        self._codes = codes

    def token(self, recorded: Recorded) -> Outcome:
        """`POST /oauth/token`, whatever the grant."""
        form = _form(recorded)
        if form is None:
            return Outcome(replies.oauth_error("invalid_request"))
        recorded.account = self._name(form.get("refresh_token", "")) or self._codes.owner(
            form.get("code", "")
        )
        if form.get("client_id") != CLIENT_ID:
            return Outcome(replies.oauth_error("invalid_client", status=401))
        match form.get("grant_type"):
            case "refresh_token":
                return self._refresh(recorded, form)
            case "authorization_code":
                return self._exchange(recorded, form)
            case "urn:ietf:params:oauth:grant-type:token-exchange":
                return self._api_key(recorded, form)
            case _:
                return Outcome(replies.oauth_error("unsupported_grant_type"))

    def revoke(self, recorded: Recorded) -> Outcome:
        """`POST /oauth/revoke`; an unknown token is answered 200, too (RFC 7009 §2.2)."""
        form = _form(recorded)
        if form is None:
            return Outcome(replies.oauth_error("invalid_request"))
        token = form.get("token", "")
        recorded.account = self._name(token)
        effects = self._script.take(Endpoint.REVOKE, recorded.account)
        if (instead := scripted(effects)) is not None:
            return instead
        self._issuer.revoke(token)
        return Outcome(replies.as_json(200, {}), effects)

    def _refresh(self, recorded: Recorded, form: Mapping[str, str]) -> Outcome:
        """A scripted reply comes instead of the redemption.

        A scripted cut comes after it: the token is spent and the answer is lost.
        """
        effects = self._script.take(Endpoint.REFRESH, recorded.account)
        if (instead := scripted(effects)) is not None:
            return instead
        redeemed = self._issuer.redeem(form.get("refresh_token", ""))
        if isinstance(redeemed, Denied):
            return Outcome(replies.error(401, _ENDED, code=redeemed), effects)
        return Outcome(_tokens(redeemed, _issues(effects)), effects)

    def _exchange(self, recorded: Recorded, form: Mapping[str, str]) -> Outcome:
        """The authorization code grant (RFC 6749 §4.1.3): form-encoded, nothing but its fields."""
        if recorded.content_type != "application/x-www-form-urlencoded" or set(form) != _EXCHANGE:
            return Outcome(
                replies.oauth_error("invalid_request"),
                violation="a code is redeemed form-encoded, with the five fields of RFC 6749",
            )
        effects = self._script.take(Endpoint.EXCHANGE, recorded.account)
        if (instead := scripted(effects)) is not None:
            return instead
        grant = self._codes.redeem(
            form["code"], redirect_uri=form["redirect_uri"], code_verifier=form["code_verifier"]
        )
        if grant is None:
            return Outcome(replies.oauth_error("invalid_grant"), effects)
        issues = _issues(effects)
        grant.family = self._issuer.sign_in(grant.person, claims=issues.claims)
        return Outcome(_tokens(grant.family.login, issues), effects)

    def _api_key(self, recorded: Recorded, form: Mapping[str, str]) -> Outcome:
        """The exchange of an id token for an API key (RFC 8693), which a plan does not include."""
        subject = form.get("subject_token", "")
        recorded.account = self._name(subject)
        effects = self._script.take(Endpoint.API_KEY, recorded.account)
        if (instead := scripted(effects)) is not None:
            return instead
        if form.get("requested_token") != "openai-api-key" or recorded.account is None:
            return Outcome(replies.oauth_error("invalid_request"), effects)
        return Outcome(replies.error(401, _NO_API_KEY, code="invalid_subject_token"), effects)

    def _name(self, token: str) -> str | None:
        family = self._issuer.owner(token)
        return family.login.name if family else None


def _form(recorded: Recorded) -> dict[str, str] | None:
    try:
        return recorded.form
    except ValueError:
        return None


def _issues(effects: Effects) -> Issues:
    return next((one for one in effects if isinstance(one, Issues)), Issues())


def _tokens(login: Login, issues: Issues) -> Reply:
    life = int((login.expires_at - login.issued_at).total_seconds())
    fields = {
        "id_token": login.id_token,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        "token_type": "Bearer",
        "expires_in": life if issues.expires_in is None else issues.expires_in,
    }
    said = {name: value for name, value in fields.items() if name not in issues.without}
    return replies.as_json(200, said, headers=((b"cache-control", b"no-store"),))
