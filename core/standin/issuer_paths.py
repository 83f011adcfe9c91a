"""The issuer's paths: redeem a refresh token, revoke one (RFC 6749, RFC 7009)."""

from core.standin import replies
from core.standin.issuer import Denied, Issuer
from core.standin.outcome import Outcome, scripted
from core.standin.people import CLIENT_ID, Login
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Endpoint, Script

_ENDED = "Your session has ended. Please log in again."


class IssuerPaths:
    """Answers `/oauth/token` and `/oauth/revoke`; JSON and form-encoded alike."""

    def __init__(self, issuer: Issuer, script: Script) -> None:
        """Both belong to the server."""
        self._issuer = issuer
        self._script = script

    def token(self, recorded: Recorded) -> Outcome:
        """`POST /oauth/token`.

        A scripted reply comes instead of the redemption; a scripted cut comes after it, so that
        the token is spent and the answer is lost.
        """
        form = _form(recorded)
        if form is None:
            return Outcome(replies.oauth_error("invalid_request"))
        refresh_token = form.get("refresh_token", "")
        recorded.account = self._name(refresh_token)
        if form.get("client_id") != CLIENT_ID:
            return Outcome(replies.oauth_error("invalid_client", status=401))
        if form.get("grant_type") != "refresh_token":
            return Outcome(replies.oauth_error("unsupported_grant_type"))
        effects = self._script.take(Endpoint.REFRESH, recorded.account)
        if (instead := scripted(effects)) is not None:
            return instead
        return Outcome(_tokens(self._issuer.redeem(refresh_token)), effects)

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

    def _name(self, token: str) -> str | None:
        family = self._issuer.owner(token)
        return family.login.name if family else None


def _form(recorded: Recorded) -> dict[str, str] | None:
    try:
        return recorded.form
    except ValueError:
        return None


def _tokens(redeemed: Login | Denied) -> Reply:
    if isinstance(redeemed, Denied):
        return replies.error(401, _ENDED, code=redeemed)
    life = redeemed.expires_at - redeemed.issued_at
    return replies.as_json(
        200,
        {
            "id_token": redeemed.id_token,
            "access_token": redeemed.access_token,
            "refresh_token": redeemed.refresh_token,
            "token_type": "Bearer",
            "expires_in": int(life.total_seconds()),
        },
    )
