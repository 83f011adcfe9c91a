"""The issuer's pages: who signs in, to which workspace, and back to the program with a code.

A browser that has signed in once is known by a cookie and asked no more, unless the program says
`prompt=login`: whoever adds a second account without it gets the first one again.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from core.standin import authorization, pages, replies
from core.standin.authorization import Authorization
from core.standin.codes import Codes
from core.standin.devices import Device, Devices
from core.standin.outcome import Outcome, scripted
from core.standin.people import PASSWORD
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Denies, Effects, Endpoint, Script
from core.standin.world import Account, World

_COOKIE = "standin_session"
_WRONG = "The user, the password or the code is wrong."


class SignInPaths:
    """Answers `/oauth/authorize` and `/codex/device`.

    Attributes:
        registered: where a browser may be sent with a code.
    """

    def __init__(
        self,
        *,
        world: World,
        script: Script,
        codes: Codes,
        devices: Devices,
        registered: frozenset[str],
    ) -> None:
        """All parts belong to the server."""
        self.registered = registered
        self._world = world
        self._script = script
        self._codes = codes
        self._devices = devices
        # What a browser carries → the user who signed in with it.
        self._sessions: dict[str, str] = {}

    def authorize(self, recorded: Recorded) -> Outcome:
        """`GET /oauth/authorize?…`, and the forms that come back to the same address.

        What is queued for nobody in particular (`None`) happens when the page is asked for; what
        is queued for an account happens when it has been chosen.
        """
        asked = authorization.parse(urlsplit(recorded.target).query, self.registered)
        if isinstance(asked, str):
            return Outcome(pages.refused(asked), violation=asked)
        if recorded.method == "GET":
            effects = self._script.take(Endpoint.AUTHORIZE, None)
            if (instead := _denied(asked, effects) or scripted(effects)) is not None:
                return instead
            session = None if asked.fresh else self._known_session(recorded)
            return Outcome(pages.sign_in(session=session), effects)
        form = _form(recorded)
        if form.get("action") == "deny":
            return Outcome(pages.redirect(asked.denied("access_denied", "The user said no.")))
        session = self._session(form)
        if session is None:
            return Outcome(pages.sign_in(wrong=True))
        return self._choose(recorded, asked, session, form)

    def device(self, recorded: Recorded) -> Outcome:
        """`GET /codex/device`, and the form that confirms or denies a code."""
        effects = self._script.take(Endpoint.DEVICE_PAGE, None)
        if (instead := scripted(effects)) is not None:
            return instead
        if recorded.method == "GET":
            return Outcome(pages.device(), effects)
        form = _form(recorded)
        user_code = form.get("user_code", "")
        device = self._devices.typed(user_code)
        session = self._session(form)
        if device is None or session is None:
            return Outcome(pages.device(user_code=user_code, error=_WRONG), effects)
        return Outcome(self._confirm(recorded, device, session, form), effects)

    def _choose(
        self, recorded: Recorded, asked: Authorization, session: str, form: Mapping[str, str]
    ) -> Outcome:
        allowed = [
            one
            for one in self._memberships(session)
            if not asked.workspaces or one.person.account_id in asked.workspaces
        ]
        if not allowed:
            return Outcome(
                pages.redirect(asked.denied("access_denied", "No workspace of yours is allowed."))
            )
        chosen = _chosen(allowed, form.get("workspace"))
        if chosen is None:
            page = pages.workspace_chooser(session, _named(allowed))
            return Outcome(_remembering(page, session))
        recorded.account = chosen.name
        effects = self._script.take(Endpoint.AUTHORIZE, chosen.name)
        if (instead := _denied(asked, effects) or scripted(effects)) is not None:
            return instead
        code = self._codes.mint(
            chosen.person, redirect_uris=[asked.redirect_uri], code_challenge=asked.code_challenge
        )
        return Outcome(_remembering(pages.redirect(asked.granted(code)), session), effects)

    def _confirm(
        self, recorded: Recorded, device: Device, session: str, form: Mapping[str, str]
    ) -> Reply:
        if form.get("action") == "deny":
            device.denied = True
            return pages.done("The device was not signed in.")
        memberships = self._memberships(session)
        chosen = _chosen(memberships, form.get("workspace"))
        if chosen is None:
            return pages.device(
                user_code=device.user_code, session=session, workspaces=_named(memberships)
            )
        recorded.account = chosen.name
        self._devices.confirm(device, chosen.person)
        return pages.done("The device is signed in. You may close this page.")

    def _memberships(self, session: str) -> list[Account]:
        user_id = self._sessions[session]
        return [one for one in self._world.accounts() if one.person.user_id == user_id]

    def _session(self, form: Mapping[str, str]) -> str | None:
        """Who the form says it is: by the session of an earlier page, or by name and password."""
        if "session" in form:
            return form["session"] if form["session"] in self._sessions else None
        if form.get("password") != PASSWORD:
            return None
        user_id = self._user(form.get("user", ""))
        if user_id is None:
            return None
        session = f"fake-session-{len(self._sessions) + 1:06d}"
        self._sessions[session] = user_id
        return session

    def _known_session(self, recorded: Recorded) -> str | None:
        cookies = (recorded.header("cookie") or "").split(";")
        pairs = (one.strip().partition("=") for one in cookies)
        session = next((value for name, _, value in pairs if name == _COOKIE), None)
        return session if session in self._sessions else None

    def _user(self, text: str) -> str | None:
        """The user who is called so: by the name of one of the accounts, or by e-mail."""
        wanted = text.strip().casefold()
        for account in self._world.accounts():
            if wanted in (account.name.casefold(), account.person.email.casefold()):
                return account.person.user_id
        return None


def _form(recorded: Recorded) -> Mapping[str, str]:
    try:
        return recorded.form
    except ValueError:
        return {}


def _named(accounts: list[Account]) -> list[tuple[str, str]]:
    return [(one.person.account_id, one.workspace_name) for one in accounts]


def _chosen(allowed: list[Account], workspace: str | None) -> Account | None:
    """The only one, or the one that was chosen; None while the choice is open."""
    if workspace is None:
        return allowed[0] if len(allowed) == 1 else None
    return next((one for one in allowed if one.person.account_id == workspace), None)


def _denied(asked: Authorization, effects: Effects) -> Outcome | None:
    denies = next((one for one in effects if isinstance(one, Denies)), None)
    if denies is None:
        return None
    return Outcome(pages.redirect(asked.denied(denies.error, denies.description)), effects)


def _remembering(reply: Reply, session: str) -> Reply:
    cookie = f"{_COOKIE}={session}; Path=/oauth/authorize; HttpOnly; SameSite=Lax"
    return replies.with_headers(reply, ((b"set-cookie", cookie.encode()),))
