"""Signing in, as one stream of steps for every face: browser, device code, or a pasted address.

A face shows each step and awaits the next; the last one is the login. Whatever ends it otherwise is
a `CoreError` with its sentence. No sign-in of ours touches Codex's own login, nor revokes anything.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.codex_home.auth_json import CodexLogin, login_of
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.oauth import device, pages
from core.oauth.callback import CallbackListener, Cancelled, listen
from core.oauth.device import DeviceCode, DeviceGrant, NoCode, Waiting
from core.oauth.protocol import (
    CALLBACK_PATH,
    PORTS,
    STATE_BYTES,
    VERIFIER_BYTES,
    Attempt,
    Code,
    Denied,
    Form,
    Fresh,
    Refused,
    Trouble,
    authorize_url,
    begin,
    exchange_form,
    read_pasted,
    read_tokens,
)
from core.oauth.send import NoAnswerError, NotSentError, post
from core.runtime.clock import Clock
from core.runtime.failing import what_failed
from core.words.speech import Speech

if TYPE_CHECKING:
    import httpx

BROWSER_S = 900.0
"""How long the browser may take, in seconds."""
_TRIES = 3
_AGAIN = "Begin once more; nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the sign-in shall be about.

    Attributes:
        workspaces: only these may be chosen; empty = any.
        fresh: ask who it is even where the browser is signed in: for another account.
    """

    workspaces: tuple[str, ...] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Step: open this address in the person's browser, or show it."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCode:
    """Step: show the code, to be typed at `url` before `expires_at`."""

    url: str
    user_code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """Step: warn. A bare code cannot be told from one that somebody else made the person paste."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeeming:
    """Step: the consent has come; the tokens are being fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """The last step: the login. Nobody else has its refresh token.

    Asking for one more step says that it was kept; the browser's page tells the person so.
    """

    login: CodexLogin


type Step = Visit | TypeCode | Unproven | Redeeming | Obtained


class SignIn:
    """The three ways. Each call is one sign-in; leave one early with `aclose`."""

    def __init__(
        self,
        *,
        connect: "Callable[[], httpx.AsyncClient]",
        auth_url: str,
        clock: Clock,
        draw: Callable[[int], bytes],
        speech: Speech,
        ports: Sequence[int] = PORTS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Starts nothing.

        Args:
            connect: makes HTTP clients.
            auth_url: the issuer's address, e.g. `https://auth.openai.com`.
            clock: dates tokens and codes.
            draw: gives that many random bytes, fit for secrets.
            speech: what the browser's last page is said in.
            ports: where the browser may come back to; others than the registered are for tests.
            sleep: waits between two questions.
        """
        self._connect = connect
        self._auth_url = auth_url
        self._clock = clock
        self._draw = draw
        self._speech = speech
        self._ports = ports
        self._sleep = sleep

    async def browser(
        self, wish: Wish | None = None, *, timeout_s: float = BROWSER_S
    ) -> AsyncGenerator[Step]:
        """Authorization code with PKCE; the browser comes back to a listener of ours.

        Raises:
            CoreError: `ports_taken`, `sign_in_denied`, `no_codex_here`, `sign_in_timed_out`,
                `sign_in_cancelled`, `other_workspace`, or as the exchange fails.
        """
        wish = wish or Wish()
        listener = await listen(speech=self._speech, ports=self._ports)
        try:
            attempt = self._begin(listener.redirect_uri)
            yield Visit(url=self._address(attempt, wish))
            code = await _called_back(listener, attempt, timeout_s)
            yield Redeeming()
            login = await self._redeem(code, attempt.code_verifier, attempt.redirect_uri, wish)
            yield Obtained(login=login)
            # Asked for the next step, so the login was kept: now it may be said.
            listener.conclude(pages.signed_in(self._speech))
        except CoreError as error:
            listener.conclude(pages.failed(self._speech, self._speech.retell(error.message)))
            raise
        except GeneratorExit:
            sentence = self._speech.say("The sign-in was ended in Turntable; nothing was kept.")
            listener.conclude(pages.failed(self._speech, sentence))
            raise
        finally:
            await listener.close()

    async def paste(
        self, read: Callable[[], Awaitable[str]], wish: Wish | None = None
    ) -> AsyncGenerator[Step]:
        """The browser is elsewhere: the person pastes the address that it could not open.

        `read` is awaited once the first step was taken.

        Raises:
            CoreError: `nothing_pasted`, `wrong_state`, `sign_in_denied`, `no_codex_here`,
                `other_workspace`, or as the exchange fails.
        """
        wish = wish or Wish()
        attempt = self._begin(f"http://127.0.0.1:{self._ports[0]}{CALLBACK_PATH}")
        yield Visit(url=self._address(attempt, wish))
        answer, compared = read_pasted(await read(), attempt)
        code = _consent(answer)
        if not compared:
            yield Unproven()
        yield Redeeming()
        login = await self._redeem(code, attempt.code_verifier, attempt.redirect_uri, wish)
        yield Obtained(login=login)

    async def device(self, wish: Wish | None = None) -> AsyncGenerator[Step]:
        """The person types a short code in a browser anywhere; we ask until they have.

        The workspace is chosen there; another than the wished ones is refused.

        Raises:
            CoreError: `device_not_enabled`, `issuer_unreachable`, `issuer_unreadable`,
                `sign_in_denied`, `sign_in_timed_out`, `other_workspace`, or as the exchange fails.
        """
        code = await self._device_code()
        yield TypeCode(
            url=self._auth_url + device.VERIFICATION_PATH,
            user_code=code.user_code,
            expires_at=code.expires_at,
        )
        grant = await self._typed(code)
        yield Redeeming()
        redirect_uri = self._auth_url + device.REDIRECT_PATH
        login = await self._redeem(grant.code, grant.code_verifier, redirect_uri, wish or Wish())
        yield Obtained(login=login)

    def _begin(self, redirect_uri: str) -> Attempt:
        return begin(self._draw(VERIFIER_BYTES + STATE_BYTES), redirect_uri=redirect_uri)

    def _address(self, attempt: Attempt, wish: Wish) -> str:
        return authorize_url(self._auth_url, attempt, workspaces=wish.workspaces, fresh=wish.fresh)

    async def _device_code(self) -> DeviceCode:
        status, body = await self._post(device.usercode_form())
        match device.read_usercode(status, body, now=self._clock.now()):
            case DeviceCode() as code:
                return code
            case NoCode.NOT_ENABLED:
                message = "The issuer offers no sign-in by code for this account or workspace."
                hint = "Sign in with the browser: `turntable login --browser`."
                raise CoreError(
                    "device_not_enabled", message, hint, exit_code=ExitCode.SIGN_IN_NEEDED
                )
            case NoCode.TRY_AGAIN:
                raise _unreachable(Sentence("it answered {status}", status=status))
            case NoCode.UNREADABLE:
                raise _unreadable()

    async def _typed(self, code: DeviceCode) -> DeviceGrant:
        interval = code.interval_s
        while self._clock.now() < code.expires_at:
            await self._sleep(interval)
            try:
                status, body = await post(self._connect, self._auth_url, device.poll_form(code))
            except (NotSentError, NoAnswerError):
                continue  # a network that comes and goes ends no sign-in
            match device.read_poll(status, body):
                case DeviceGrant() as grant:
                    return grant
                case Denied() as denied:
                    raise _denied(denied)
                case Waiting.SLOW_DOWN:
                    interval += device.SLOW_DOWN_S
                case Waiting.PENDING:
                    pass
        raise _timed_out("Nobody typed the code in time.")

    async def _redeem(
        self, code: Code, code_verifier: str, redirect_uri: str, wish: Wish
    ) -> CodexLogin:
        form = exchange_form(code, code_verifier=code_verifier, redirect_uri=redirect_uri)
        status, body = await self._post(form)
        match read_tokens(status, body, now=self._clock.now()):
            case Refused(code="unreadable_answer"):
                raise _unreadable()
            case Refused(code=reason):
                message = Sentence(
                    "The issuer did not give tokens for the sign-in ({reason}).", reason=reason
                )
                raise CoreError(
                    "sign_in_refused", message, _AGAIN, exit_code=ExitCode.SIGN_IN_NEEDED
                )
            case Fresh() as fresh:
                return _login(fresh, wish)

    async def _post(self, form: Form) -> tuple[int, bytes]:
        """An answer; what was certainly not sent is sent again, twice."""
        for again in range(_TRIES):
            try:
                return await post(self._connect, self._auth_url, form)
            except NotSentError as error:
                if again + 1 == _TRIES:
                    raise _unreachable(what_failed(error.code)) from None
            except NoAnswerError as error:
                raise _unreachable(what_failed(error.code)) from None
            await self._sleep(1.0)
        raise AssertionError("the last try answers or raises")


async def _called_back(listener: CallbackListener, attempt: Attempt, timeout_s: float) -> Code:
    try:
        async with asyncio.timeout(timeout_s):
            outcome = await listener.wait(attempt)
    except TimeoutError:
        raise _timed_out("The browser did not come back in time.") from None
    if isinstance(outcome, Cancelled):
        message = "Another program asked for the port to sign in itself; this sign-in was ended."
        raise CoreError("sign_in_cancelled", message, _AGAIN, exit_code=ExitCode.SIGN_IN_NEEDED)
    return _consent(outcome)


def _consent(answer: Code | Denied | Trouble) -> Code:
    match answer:
        case Code():
            return answer
        case Denied():
            raise _denied(answer)
        case Trouble.WRONG_STATE:
            message = "What was pasted belongs to another sign-in."
            raise CoreError("wrong_state", message, _AGAIN, exit_code=ExitCode.SIGN_IN_NEEDED)
        case Trouble.NO_CODE:
            message = "What was pasted holds no code."
            hint = "Paste the whole address that the browser ended at."
            raise CoreError("nothing_pasted", message, hint, exit_code=ExitCode.USAGE)


def _login(fresh: Fresh, wish: Wish) -> CodexLogin:
    if not (fresh.id_token and fresh.access_token and fresh.refresh_token):
        raise _unreadable()
    login = login_of(
        id_token=fresh.id_token,
        access_token=fresh.access_token,
        refresh_token=fresh.refresh_token,
    )
    if wish.workspaces and login.identity.workspace not in wish.workspaces:
        message = "The sign-in ended in another workspace than the one that was asked for."
        hint = "Choose that workspace on the issuer’s page; nothing was changed."
        raise CoreError("other_workspace", message, hint, exit_code=ExitCode.SIGN_IN_NEEDED)
    credentials = replace(login.credentials, expires_at=fresh.expires_at)
    return replace(login, credentials=credentials)


def _denied(denied: Denied) -> CoreError:
    if "missing_codex_entitlement" in f"{denied.code} {denied.sentence}":
        message = "This workspace has no Codex; its administrator can switch it on."
        hint = "Sign in once more and choose another workspace."
        return CoreError("no_codex_here", message, hint, exit_code=ExitCode.SIGN_IN_NEEDED)
    if "expired" in denied.code:
        return _timed_out("Nobody typed the code in time.")
    message = Sentence("The issuer did not sign you in ({code}).", code=denied.code)
    if denied.sentence:
        message = Sentence("{message} It said: {said}", message=message, said=denied.sentence)
    return CoreError("sign_in_denied", message, _AGAIN, exit_code=ExitCode.SIGN_IN_NEEDED)


def _timed_out(message: str) -> CoreError:
    return CoreError("sign_in_timed_out", message, _AGAIN, exit_code=ExitCode.SIGN_IN_NEEDED)


def _unreachable(why: str) -> CoreError:
    message = Sentence("The issuer could not be asked ({why}).", why=why)
    hint = "Check the network and `upstream.proxy`, then begin once more; nothing was changed."
    return CoreError("issuer_unreachable", message, hint)


def _unreadable() -> CoreError:
    message = "The issuer answered with something that is no login; a portal may be in between."
    return CoreError("issuer_unreadable", message, _AGAIN)
