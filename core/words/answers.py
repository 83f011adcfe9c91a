"""What our own answers to a client say: one sentence on what happened, one on what to do.

Codex prints these sentences to the user; they name accounts by label, never by e-mail, and times
as the user's own clock shows them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, Refuse, RefuseReason
from core.words.speech import english

# `Speech.say`: a constant sentence in the person's language, filled.
type Say = Callable[..., str]

ENGLISH: Say = english().say


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """What happened, and what to do about it (empty when there is nothing to do)."""

    message: str
    hint: str


class Fault(StrEnum):
    """What we answer for ourselves about a request or about the way to the back end."""

    NOT_HTTP = "bad_request"
    HEAD_TOO_LARGE = "head_too_large"
    BODY_TOO_LARGE = "too_large"
    TOO_MUCH_AT_ONCE = "too_much_at_once"
    TOO_SLOW = "too_slow"
    FOREIGN_HOST = "foreign_host"
    BROWSER = "origin_refused"
    UNKNOWN_SECRET = "unknown_address"
    STALE_SECRET = "stale_address"
    BAD_PATH = "bad_path"
    NOT_FOUND = "not_found"
    BAD_METHOD = "bad_method"
    NO_WEBSOCKET = "no_websocket"
    UNAUTHORIZED = "unauthorized"
    SILENT = "upstream_silent"
    CUT = "upstream_cut"
    CHALLENGED = "upstream_challenge"
    UNREACHABLE = "upstream_unreachable"
    UNTRUSTED = "upstream_untrusted"
    EGRESS_PROXY = "egress_proxy"
    EGRESS_LOGIN = "egress_proxy_login"
    NOT_JSON = "upstream_not_json"
    INTERNAL = "internal"


def fault_sentences(fault: Fault, say: Say = ENGLISH) -> Sentences:
    """The sentences of a fault."""
    message, hint = _FAULTS[fault]
    return Sentences(message=say(message), hint=say(hint) if hint else "")


def refusal_sentences(
    refusal: Refuse,
    *,
    label: Callable[[AccountId], str],
    at: Callable[[datetime], str],
    say: Say = ENGLISH,
) -> Sentences:
    """Why no account serves, and when or how one will.

    Args:
        refusal: what was decided.
        label: what the user calls an account.
        at: a time as the user's clock shows it.
        say: the user's language.
    """
    account = refusal.account
    who = say("The chosen account") if account is None else say("“{label}”", label=label(account))
    message, hint = _of(refusal)
    about = {"who": who, "rule": refusal.rule, "subject": refusal.subject}
    said = [say(message, **about)]
    if refusal.until is not None:
        said.append(say("Try again at {time}.", time=at(refusal.until)))
    return Sentences(message=" ".join(said), hint=say(hint, **about))


def _of(refusal: Refuse) -> tuple[str, str]:
    """Message and hint, before they are filled."""
    if refusal.reason is RefuseReason.PAUSED:
        return _paused(refusal)
    kept_to = any(v.because is Because.NOT_THE_STAYED_ONE for v in refusal.verdicts)
    if refusal.reason is RefuseReason.ALL_WAITING and kept_to:
        return (
            "{who} has reached its limit, and you keep to it.",
            "`turntable auto` lets the other accounts serve.",
        )
    if refusal.reason is RefuseReason.RULE_ACCOUNTS and refusal.account is not None:
        pinned = any(v.because is Because.NOT_THE_PINNED_ONE for v in refusal.verdicts)
        return (
            "Your rules do not let {who} serve here, and no other account may now.",
            "`turntable thread free` lets the others serve; `turntable rule list` shows the rules."
            if pinned
            else "`turntable auto` lets the others serve; `turntable rule list` shows the rules.",
        )
    if refusal.reason is RefuseReason.RULE_MODEL and not refusal.subject:
        return _unnamed(refusal)
    if refusal.reason is RefuseReason.BUDGET and refusal.subject:
        return "Your budget {subject} for this work is used up.", _BUDGETS
    if refusal.rule is not None or refusal.pool is not None:
        return _BY_THE_RULES.get(refusal.reason) or _REFUSALS[refusal.reason]
    return _REFUSALS[refusal.reason]


def _unnamed(refusal: Refuse) -> tuple[str, str]:
    """A model that nobody named, or that nobody can read."""
    _, hint = _REFUSALS[RefuseReason.RULE_MODEL]
    if refusal.rule is None:
        return (
            "Your rules are about models, and nobody can read which one this request asks for.",
            "Send the body as plain JSON, or packed with zstd.",
        )
    return "Rule {rule} lets only some models be used here, and this request names none.", hint


def _paused(refusal: Refuse) -> tuple[str, str]:
    """Who stands still by the user's wish, and the verb that ends it."""
    if any(v.because is Because.NOT_THE_STAYED_ONE for v in refusal.verdicts):
        return (
            "{who} cannot serve now, and rotation is paused.",
            "`turntable rotation resume` lets the other accounts serve.",
        )
    states = frozenset(v.state for v in refusal.verdicts) & _BY_HAND.keys()
    if len(states) == 1:
        (state,) = states
        return _BY_HAND[state]
    return (
        "Every account is paused, disabled or takes no new chats.",
        "`turntable accounts` shows which; `turntable account resume`, `enable` or `undrain` "
        "lets one serve again.",
    )


_BY_HAND = {
    AccountState.PAUSED: (
        "Every account that could serve is paused.",
        "`turntable account resume` lets one serve again.",
    ),
    AccountState.DISABLED: (
        "Every account that could serve is disabled.",
        "`turntable account enable` lets one serve again.",
    ),
    AccountState.DRAINING: (
        "Every account that could serve takes no new chats.",
        "`turntable account undrain` gives one new chats again.",
    ),
}
_BUDGETS = "`turntable budget` shows what is used; `turntable budget set` changes a limit."
_REFUSALS = {
    RefuseReason.NO_ACCOUNT: (
        "Turntable has no account yet.",
        "Add one from the tray menu or with `turntable import --from codex`.",
    ),
    RefuseReason.ALL_WAITING: (
        "All accounts have reached their limits.",
        "`turntable status` shows when each one is back.",
    ),
    RefuseReason.OWNER_WAITS: (
        "{who} is at its limit, and this chat stays there.",
        "`turntable thread move` lets it go on with another account.",
    ),
    RefuseReason.PINNED: (
        "{who} cannot serve now, and you keep this chat there.",
        "`turntable thread free` lets it go on with another account.",
    ),
    RefuseReason.ALL_SIGNED_OUT: (
        "No account is signed in any more.",
        "Sign in with `codex login` where the login came from, then `turntable import` it again.",
    ),
    RefuseReason.ALL_OUT_OF_SERVICE: (
        "Every account’s workspace is out of service.",
        "`turntable status` shows since when; they are asked again on a schedule.",
    ),
    RefuseReason.FORCED_ACCOUNT_UNAVAILABLE: (
        "{who} cannot serve now, and you stay on it.",
        "`turntable auto` lets the other accounts serve.",
    ),
    RefuseReason.ALL_RESERVED: (
        "What is left is kept in reserve.",
        "`turntable use` lets {who} go on all the same.",
    ),
    RefuseReason.BUDGET: (
        "The budgets of all accounts that could serve are used up.",
        _BUDGETS,
    ),
    RefuseReason.ALL_FAILING: (
        "Every account was tried, and the back end served none of them.",
        "`turntable why` shows what each one answered.",
    ),
    RefuseReason.LOCKED: (
        "Your logins are locked.",
        "Unlock the keyring, or type the passphrase after `turntable unlock`.",
    ),
    RefuseReason.TIME_BUDGET: (
        "No account answered in the time that one request may take.",
        "Try again; `routing.time_budget_s` sets how long accounts are tried.",
    ),
    RefuseReason.RULE_FOLDER: (
        "No rule covers the folder {subject}, and such folders are refused.",
        "`turntable rule add --folder` gives it its accounts; `turntable rule unknown` says what "
        "happens to other folders.",
    ),
    RefuseReason.RULE_NO_FOLDER: (
        "Nobody said which folder this work is in, and unknown folders are refused.",
        "`turntable rule unknown` says what happens to such work.",
    ),
    RefuseReason.RULE_MODEL: (
        "Rule {rule} does not let the model {subject} be used here.",
        "`turntable rule list` shows which models it allows.",
    ),
    RefuseReason.RULE_ACCOUNTS: (
        "No account is left that your rules let serve here.",
        "`turntable rule list` shows who may; `turntable pool add` puts more into a pool.",
    ),
    RefuseReason.RULES_UNREADABLE: (
        "Your rules cannot be read, so that nobody knows which account may serve.",
        "`turntable rule clear` begins without rules; `turntable import` takes those of an export.",
    ),
}
_WHO_MAY = "`turntable status` shows when each one is back; `turntable rule list` shows who may."
_BY_THE_RULES = {
    RefuseReason.ALL_WAITING: (
        "Every account that your rules let serve here has reached its limit.",
        _WHO_MAY,
    ),
    RefuseReason.ALL_SIGNED_OUT: (
        "No account that your rules let serve here is signed in any more.",
        "`turntable accounts` shows which; `turntable login --again` signs one in again.",
    ),
    RefuseReason.ALL_OUT_OF_SERVICE: (
        "Every account that your rules let serve here is out of service.",
        _WHO_MAY,
    ),
    RefuseReason.ALL_FAILING: (
        "Every account that your rules let serve here was tried, and none was served.",
        "`turntable why` shows what each one answered.",
    ),
}


_NEW_CHAT = "Open a new chat: it takes the address that is in force."

_FAULTS = {
    Fault.NOT_HTTP: ("This is not a request that Turntable can read.", ""),
    Fault.HEAD_TOO_LARGE: ("The head of the request is too large.", ""),
    Fault.BODY_TOO_LARGE: (
        "The request is larger than Turntable passes on.",
        "`proxy.max_body` sets the limit; `/compact` makes a long chat smaller.",
    ),
    Fault.TOO_MUCH_AT_ONCE: (
        "Too many large requests are under way at once.",
        "Try again when one has ended; `proxy.max_buffered` sets the limit.",
    ),
    Fault.TOO_SLOW: ("The request did not arrive in time.", "Try again."),
    Fault.FOREIGN_HOST: (
        "Turntable answers to loopback names only.",
        "Call it as 127.0.0.1 or localhost.",
    ),
    Fault.BROWSER: (
        "Turntable does not answer web pages.",
        "`proxy.origins` lists the origins that may call.",
    ),
    Fault.UNKNOWN_SECRET: ("Turntable does not know this address.", _NEW_CHAT),
    Fault.STALE_SECRET: ("Turntable’s address has changed since this chat was opened.", _NEW_CHAT),
    Fault.BAD_PATH: (
        "This path does not lie below the back end’s address.",
        "Send a plain path below the address that `turntable bind` wrote, without `..` in it.",
    ),
    Fault.NOT_FOUND: ("There is nothing here.", ""),
    Fault.BAD_METHOD: ("This method is not allowed here.", ""),
    Fault.NO_WEBSOCKET: ("Turntable speaks HTTP here, not WebSocket.", ""),
    Fault.UNAUTHORIZED: (
        "Turntable does not know this token.",
        "`turntable client create` makes one; send it as `Authorization: Bearer tt_…`.",
    ),
    Fault.CUT: ("The back end broke off in the middle of its answer.", "Try again."),
    Fault.SILENT: (
        "The back end took the request and did not answer in time. It may have been counted, so "
        "Turntable did not send it again.",
        "Try again; `upstream.header_timeout_s` sets how long an answer is waited for.",
    ),
    Fault.CHALLENGED: (
        "The network in front of the back end turned the request away; no account is at fault.",
        "Wait a moment, or check VPN and proxy settings.",
    ),
    Fault.UNREACHABLE: (
        "The back end cannot be reached; nothing was sent.",
        "Check the network; `turntable doctor` looks for the reason.",
    ),
    Fault.UNTRUSTED: (
        "Nobody that Turntable believes vouches for the back end’s certificate; nothing was sent.",
        "Where a company looks into TLS, name the file with its authority: `upstream.ca_file`.",
    ),
    Fault.EGRESS_PROXY: (
        "The egress proxy does not lead to the back end; nothing was sent.",
        "Check `upstream.proxy`, or HTTPS_PROXY where that is empty.",
    ),
    Fault.EGRESS_LOGIN: (
        "The egress proxy wants a login, or another one; nothing was sent.",
        "`upstream.proxy` may name it: http://user:password@host:port.",
    ),
    Fault.NOT_JSON: (
        "The back end answered with a web page instead of an answer.",
        "Try again in a moment; if it stays so, check VPN and proxy settings.",
    ),
    Fault.INTERNAL: (
        "Something went wrong inside Turntable.",
        "log/turntable.log in the data folder says what; other chats are not affected.",
    ),
}
