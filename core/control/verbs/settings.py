"""config: read and change settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.app import App
from core.control.verb import Arguments
from core.domain.egress import MASK, NoProxy, masked, proxy_of
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.settings import Declaration, Settings, Value, declarations, value_of
from core.domain.trust import OFFICIAL_BACK_END, OFFICIAL_ISSUER, may_be_sent_to
from core.storage.settings_edits import set_in_file, unset_in_file
from core.storage.settings_file import Source

_MAY_BE_SENT_LOGINS: Mapping[str, str] = MappingProxyType(
    {"upstream.base_url": OFFICIAL_BACK_END, "upstream.auth_url": OFFICIAL_ISSUER}
)
_EGRESS = "upstream.proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting: what it is (a password in it is masked), who said so, and what it may be."""

    key: str
    value: Value
    source: str
    default: Value
    limits: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The answer of `config`."""

    action: str
    settings: tuple[Shown, ...]
    messages: tuple[str, ...] = ()


async def config(app: App, arguments: Arguments) -> Config:
    """Dispatch on the action; each changes at most settings.toml."""
    action, key = arguments.required("action"), arguments.text("key")
    match action:
        case "path":
            return Config(action=action, settings=(), messages=(str(app.home.settings),))
        case "get" | "explain":
            keys = tuple(declarations()) if key is None else (key,)
            return Config(action=action, settings=tuple(_shown(app, k) for k in keys))
        case "set":
            return _set(app, _needed(action, key), arguments)
        case _:
            everything = action == "reset" and key is None
            keys = tuple(declarations()) if everything else (_needed(action, key),)
            return _unset(app, action, keys)


def _set(app: App, key: str, arguments: Arguments) -> Config:
    text = arguments.text("value")
    if text is None:
        raise _usage(Sentence("config set {key} needs a value.", key=key))
    if key == _EGRESS:
        _require_egress(text)
    set_in_file(app.home.settings, key, text)
    app.reload_settings()
    shown = _shown(app, key)
    messages: tuple[str, ...] = ()
    if shown.source == Source.ENVIRONMENT:
        messages = (app.speech.say("An environment variable says otherwise, and wins."),)
    elif shown.source == Source.COMMAND_LINE:
        messages = (app.speech.say("The running Turntable was started with another value."),)
    elif app.configuration.explain(key).source is Source.PROFILE:
        profile = app.settings.routing.profile
        messages = (app.speech.say("The profile {name} says otherwise, and wins.", name=profile),)
    elif key in _MAY_BE_SENT_LOGINS and not _may_be_sent_to(app, key):
        messages = (
            app.speech.say(
                "No login may be sent there, so nothing works until `turntable config unset "
                "{key}`, or upstream.allow_custom in settings.toml and https.",
                key=key,
            ),
        )
    elif key == "proxy.port" and app.port is not None:
        messages = (app.speech.say("It counts from the next start on; the bind follows."),)
    return Config(action="set", settings=(shown,), messages=messages)


def _require_egress(text: str) -> None:
    """See that an egress proxy can be used, and that its password is one. It is never repeated."""
    if MASK in text:
        message = Sentence("{key}: the password is masked.", key=_EGRESS)
        hint = "Type it as it is; it is kept in settings.toml and shown to nobody."
    elif text and isinstance(proxy_of(text), NoProxy):
        message = Sentence("{key}: this is not the address of an HTTP proxy.", key=_EGRESS)
        hint = "It looks like http://user:password@host:port, or host:port; no SOCKS."
    else:
        return
    raise CoreError("bad_setting", message, hint, exit_code=ExitCode.USAGE)


def _may_be_sent_to(app: App, key: str) -> bool:
    return may_be_sent_to(
        str(app.configuration.explain(key).value),
        official=_MAY_BE_SENT_LOGINS[key],
        allow_custom=app.settings.upstream.allow_custom,
    )


def _unset(app: App, action: str, keys: tuple[str, ...]) -> Config:
    changed = [key for key in keys if unset_in_file(app.home.settings, key)]
    app.reload_settings()
    messages = () if changed else (app.speech.say("Nothing to change."),)
    return Config(
        action=action, settings=tuple(_shown(app, key) for key in changed), messages=messages
    )


def _shown(app: App, key: str) -> Shown:
    explained = app.configuration.explain(key)
    declaration = declarations()[key]
    return Shown(
        key=key,
        value=masked(str(explained.value)) if key == _EGRESS else explained.value,
        source=_source(app, explained.source),
        default=value_of(Settings(), key),
        limits=_limits(declaration),
        help=declaration.help,
    )


def _source(app: App, source: Source) -> str:
    """Who said it; a profile by its name."""
    return f"{source} {app.settings.routing.profile}" if source is Source.PROFILE else source.value


def _limits(declaration: Declaration) -> str:
    if declaration.choices:
        return " | ".join(declaration.choices)
    if declaration.minimum is not None and declaration.maximum is not None:
        return Sentence(
            "{minimum:.12g} to {maximum:.12g}",
            minimum=declaration.minimum,
            maximum=declaration.maximum,
        )
    return ""


def _needed(action: str, key: str | None) -> str:
    if key is None:
        raise _usage(Sentence("config {action} needs a key, such as proxy.port.", action=action))
    return key


def _usage(message: str) -> CoreError:
    hint = "`turntable config explain` lists all settings."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
