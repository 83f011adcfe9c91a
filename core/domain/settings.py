"""Every setting, declared once: type, default, range and help. Everything else follows from here.

Validation, `config explain`, the settings page and the reference page are made from these
declarations; code reads typed attributes (`settings.proxy.port`), so that a typo does not run.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

type Value = int | float | bool | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What may stand in a setting.

    Attributes:
        help: one sentence, for people.
        minimum: the least number.
        maximum: the largest number.
        choices: the only words, where it is a word of a list.
        file_only: True when only settings.toml may set it (it widens whom we trust).
    """

    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    file_only: bool = False


def _declare[T](
    default: T,
    help_: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    file_only: bool = False,
) -> T:
    """A field with its declaration; typed as its value, as `dataclasses.field` itself is."""
    declaration = Declaration(
        help=help_, minimum=minimum, maximum=maximum, choices=choices, file_only=file_only
    )
    return field(default=default, metadata={"declaration": declaration})


STRATEGIES = (
    "balanced",
    "sticky",
    "round-robin",
    "hybrid",
    "least-used",
    "random",
    "weighted",
    "drain-first",
)
WEBSOCKETS = ("auto", "off")
CHILD = "child"
ENGINES = ("inline", CHILD)
CONTINUITIES = ("move", "wait", "ask")
LANGUAGES = ("system", "en", "de", "zh_CN")
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """`proxy.*`: the listener."""

    port: int = _declare(
        8791,
        "Port on 127.0.0.1; when it is taken the next free one serves and the bind follows.",
        minimum=1,
        maximum=65535,
    )
    max_body: int = _declare(
        64 * 1024 * 1024, "Largest request body, in bytes.", minimum=1024, maximum=1024**3
    )
    max_buffered: int = _declare(
        512 * 1024 * 1024,
        "Bytes that all requests together may hold in memory.",
        minimum=1024,
        maximum=64 * 1024**3,
    )
    websocket: str = _declare(
        "auto",
        "Relay Codex’s WebSocket, or turn it off: Codex then speaks HTTPS.",
        choices=WEBSOCKETS,
    )
    origins: tuple[str, ...] = _declare(
        (), "Web origins that may call, for example http://localhost:3000; none by default."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """`upstream.*`: the back end."""

    base_url: str = _declare(
        "https://chatgpt.com/backend-api", "Address of the back end (https, or http on loopback)."
    )
    auth_url: str = _declare(
        "https://auth.openai.com", "Address of the issuer (https, or http on loopback)."
    )
    connect_timeout_s: float = _declare(
        10.0, "Seconds to reach the back end.", minimum=0.1, maximum=120
    )
    header_timeout_s: float = _declare(
        600.0, "Seconds to wait for the head of an answer.", minimum=1, maximum=3600
    )
    idle_timeout_s: float = _declare(
        330.0, "Seconds of silence in the middle of an answer.", minimum=1, maximum=3600
    )
    proxy: str = _declare("", "Egress proxy (http://host:port); empty follows the environment.")
    ca_file: str = _declare(
        "", "PEM file of certificate authorities to trust besides the system’s."
    )
    allow_custom: bool = _declare(
        False,
        "Allow back ends other than chatgpt.com, auth.openai.com and loopback.",
        file_only=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSettings:
    """`routing.*`: who serves."""

    strategy: str = _declare(
        "balanced",
        "balanced uses what would expire unused first; sticky stays on an account until it is "
        "blocked; round-robin (or hybrid) takes turns by chat; least-used takes the fewest "
        "tokens in the current windows; random draws; weighted shares by `account weight`; "
        "drain-first uses up what resets soonest.",
        choices=STRATEGIES,
    )
    soft_threshold_session: float = _declare(
        5.0,
        "Per cent left of the session below which new chats go elsewhere where they can.",
        minimum=0,
        maximum=100,
    )
    soft_threshold_week: float = _declare(
        5.0, "The same for the week and for longer windows.", minimum=0, maximum=100
    )
    time_budget_s: float = _declare(
        30.0, "Seconds in which other accounts are tried for one request.", minimum=1, maximum=600
    )
    continuity: str = _declare(
        "move",
        "When a chat’s account cannot go on: move it at once (hidden reasoning may stay "
        "behind), wait for the account, or ask first.",
        choices=CONTINUITIES,
    )
    wait_for_reset_s: int = _declare(
        0,
        "Hold a request for a reset that is this many seconds away, instead of refusing it.",
        minimum=0,
        maximum=240,
    )
    affinity_ttl_s: int = _declare(
        86400, "Seconds for which a silent chat keeps its account.", minimum=60, maximum=31536000
    )
    profile: str = _declare(
        "",
        "The profile that is used: balanced, conservative, aggressive, or one of yours; it lies "
        "over the other routing settings of this file. Empty: none.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSettings:
    """`quota.*`: how fresh the numbers are kept."""

    refresh_min_s: int = _declare(
        120,
        "Seconds after which a number is asked for again while somebody looks or works.",
        minimum=60,
        maximum=86400,
    )
    refresh_max_s: int = _declare(1800, "The same while nobody does.", minimum=60, maximum=86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensSettings:
    """`tokens.*`: when logins that were signed in here are renewed."""

    refresh_before_s: int = _declare(
        300,
        "Seconds before its end at which an access token is renewed.",
        minimum=30,
        maximum=86400,
    )
    refresh_gap_s: float = _declare(
        2.0,
        "Least seconds between two renewals, whichever accounts they are for.",
        minimum=1,
        maximum=600,
    )
    proactive: bool = _declare(
        True, "Renew before its end also a login that no request is using just now."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BindSettings:
    """`bind.*`: Codex routed here."""

    watch: bool = _declare(True, "Let a small process give Codex back at once when Turntable dies.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """`notify.*`: what is told, where, and when not."""

    waiting: bool = _declare(True, "Tell when an account starts to wait for a reset.")
    back: bool = _declare(True, "Tell when an account is available again.")
    low: bool = _declare(True, "Tell when little of a session or a week is left.")
    empty: bool = _declare(True, "Tell when nothing is left anywhere.")
    sign_in: bool = _declare(True, "Tell when an account needs a new sign-in.")
    routing: bool = _declare(True, "Tell when Codex is not routed any more.")
    moved: bool = _declare(True, "Tell when an open chat goes on with another account.")
    credit: bool = _declare(True, "Tell when a reset credit expires within a day.")
    low_percent: float = _declare(
        20.0, "Per cent left of a window that count as little.", minimum=0, maximum=100
    )
    very_low_percent: float = _declare(
        5.0, "Per cent left of a window at which it is told again.", minimum=0, maximum=100
    )
    quiet_from: str = _declare("", "Show no message from this time of day on, such as 22:00.")
    quiet_until: str = _declare("", "The end of the quiet hours, such as 07:30.")
    sound: bool = _declare(False, "Let messages of the desktop make a sound.")
    ntfy_url: str = _declare("", "Send messages to this ntfy topic too (https://ntfy.sh/TOPIC).")
    command: str = _declare("", "Start this command for each message, with JSON on its stdin.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UiSettings:
    """`ui.*`: how the desktop face looks and speaks."""

    language: str = _declare(
        "system", "The language of every sentence; counts from the next start on.",
        choices=LANGUAGES,
    )  # fmt: skip
    engine: str = _declare(
        "inline", "Where the tray app runs its engine, from the next start on.", choices=ENGINES
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """`log.*`: what is written to log/."""

    level: str = _declare("info", "How much is logged.", choices=LOG_LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSettings:
    """`usage.*`: the ledger."""

    keep_days: int = _declare(400, "Days for which request rows are kept.", minimum=1, maximum=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; a section an attribute."""

    proxy: ProxySettings = field(default_factory=ProxySettings)
    upstream: UpstreamSettings = field(default_factory=UpstreamSettings)
    routing: RoutingSettings = field(default_factory=RoutingSettings)
    quota: QuotaSettings = field(default_factory=QuotaSettings)
    tokens: TokensSettings = field(default_factory=TokensSettings)
    bind: BindSettings = field(default_factory=BindSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    ui: UiSettings = field(default_factory=UiSettings)
    log: LogSettings = field(default_factory=LogSettings)
    usage: UsageSettings = field(default_factory=UsageSettings)


def declarations() -> dict[str, Declaration]:
    """Every setting's key (`section.name`) with its declaration, in the order of the page."""
    return {
        f"{section.name}.{item.name}": cast("Declaration", item.metadata["declaration"])
        for section in fields(Settings)
        for item in fields(type(_section(Settings(), section.name)))
    }


def value_of(settings: Settings, key: str) -> Value:
    """The value behind a key of `declarations()`.

    Raises:
        CoreError: `unknown_setting`, exit code usage.
    """
    section, _, name = _known(key).partition(".")
    return cast("Value", getattr(_section(settings, section), name))


def with_value(settings: Settings, key: str, value: Value) -> Settings:
    """The settings with one value changed, checked against its declaration.

    Raises:
        CoreError: `unknown_setting` or `bad_setting`, exit code usage; nothing is changed.
    """
    declaration = declarations()[_known(key)]
    default = value_of(Settings(), key)
    checked = _checked(key, value, default, declaration)
    section, _, name = key.partition(".")
    changed = replace(_section(settings, section), **{name: checked})
    return replace(settings, **{section: changed})


def parse_value(key: str, text: str) -> Value:
    """Read a value as people type it in an environment variable or on the command line.

    Raises:
        CoreError: `unknown_setting` or `bad_setting`, exit code usage.
    """
    default = value_of(Settings(), key)
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    try:
        if isinstance(default, bool):
            return words[text.strip().lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
    except (KeyError, ValueError):
        raise _bad(
            key, Sentence("“{text}” is not {wanted}", text=text, wanted=_wanted(default))
        ) from None
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _section(settings: Settings, name: str) -> Any:
    return getattr(settings, name)


def _known(key: str) -> str:
    if key not in declarations():
        hint = "`turntable config explain` lists all settings."
        raise CoreError(
            "unknown_setting",
            Sentence("There is no setting {key}.", key=key),
            hint,
            exit_code=ExitCode.USAGE,
        )
    return key


def _checked(key: str, value: Value, default: Value, declaration: Declaration) -> Value:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    texts = not isinstance(value, tuple) or all(isinstance(part, str) for part in value)
    if type(value) is not type(default) or not texts:
        raise _bad(key, Sentence("{value!r} is not {wanted}", value=value, wanted=_wanted(default)))
    if declaration.choices and value not in declaration.choices:
        raise _bad(
            key,
            Sentence(
                "“{value}” is none of {choices}",
                value=value,
                choices=", ".join(declaration.choices),
            ),
        )
    if isinstance(value, int | float):
        low, high = declaration.minimum, declaration.maximum
        if not ((low is None or value >= low) and (high is None or value <= high)):
            between = Sentence(
                "{value} is not between {low:.12g} and {high:.12g}", value=value, low=low, high=high
            )
            raise _bad(key, between)
    return value


def _wanted(default: Value) -> str:
    match default:
        case bool():
            return Sentence("true or false")
        case int():
            return Sentence("a whole number")
        case float():
            return Sentence("a number")
        case str():
            return Sentence("a text")
        case _:
            return Sentence("a list of texts")


def _bad(key: str, what: str) -> CoreError:
    hint = Sentence("`turntable config explain {key}` says what may stand there.", key=key)
    message = Sentence("{key}: {what}.", key=key, what=what)
    return CoreError("bad_setting", message, hint, exit_code=ExitCode.USAGE)
