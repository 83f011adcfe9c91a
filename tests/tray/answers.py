"""Made-up answers of verbs, as the engine gives them: for pages and their pictures.

What the engine says in the language of the person is a `Sentence` here; `retold` says it again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.control.facade import JsonValue
from core.domain.sentence import Sentence
from core.domain.settings import Settings, declarations, value_of
from core.words.speech import Speech
from tests.tray.snapshots import NOW

Object = dict[str, JsonValue]


def retold(made: JsonValue, speech: Speech) -> JsonValue:
    """The same answer in the language of the person."""
    match made:
        case str():
            return speech.retell(made)
        case list():
            return [retold(part, speech) for part in made]
        case dict():
            return {name: retold(part, speech) for name, part in made.items()}
        case _:
            return made


_READY = Sentence("Ready.")
_OTHERS = (
    ("Personal", True, _READY),
    ("Client A", False, Sentence("Its usage limit is reached.")),
)


def request(
    number: int,
    *,
    at: datetime = NOW,
    account: str | None = "Work",
    result: str = "served",
    status: int | None = 200,
    text: str = "",
) -> Object:
    return {
        "id": f"req_{number}",
        "text": text,
        "started_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "kind": "responses",
        "thread": f"0199c3f4-thread-{number}",
        "model": "gpt-6.1-sol",
        "account_label": account,
        "because": "strategy",
        "result": result,
        "status": status,
        "first_byte_s": 0.62 if status == 200 else None,
        "tokens": {
            "input": 41_200 * number,
            "cached_input": 30_000 * number,
            "output": 1_900,
            "reasoning_output": 700,
        }
        if status == 200
        else None,
    }


def explained(number: int, text: str, *, at: datetime = NOW) -> Object:
    verdicts: list[JsonValue] = [
        {"label": label, "eligible": eligible, "text": said}
        for label, eligible, said in (("Work", True, _READY), *_OTHERS)
    ]
    return {
        "id": f"req_{number}" if number else "",
        "started_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "model": "gpt-6.1-sol",
        "text": text,
        "verdicts": verdicts,
    }


_AT = tuple(NOW - timedelta(minutes=ago) for ago in (90, 40, 21, 12, 6, 2))
"""When each request of the record began."""


def _reasons() -> tuple[str, ...]:
    lives = Sentence("The chat lives on {label}.", label="Work")
    return (
        Sentence("{label} had most to lose before its reset (balanced).", label="Work"),
        Sentence(
            "The chat lived on {label} before. {because}",
            label="Work",
            because=Sentence("Its usage limit is reached."),
        ),
        Sentence("Every account that could serve was waiting."),
        *(lives, lives, lives),
    )


def log() -> Object:
    reasons = _reasons()
    return {
        "requests": [
            request(1, at=_AT[0], text=reasons[0]),
            request(2, at=_AT[1], account="Personal", result="moved", text=reasons[1]),
            request(3, at=_AT[2], account=None, result="refused", status=429, text=reasons[2]),
            request(4, at=_AT[3], result="failed", status=502, text=reasons[3]),
            request(5, at=_AT[4], result="cancelled", status=None, text=reasons[4]),
            request(6, at=_AT[5], text=reasons[5]),
        ]
    }


def why() -> Object:
    told = zip(_reasons(), _AT, strict=True)
    return {"requests": [explained(n, text, at=at) for n, (text, at) in enumerate(told, 1)]}


def simulated() -> Object:
    reason = Sentence("{label} has most to lose before its reset (balanced).", label="Work")
    return {"requests": [explained(0, reason)]}


def found() -> Object:
    """What `import --dry-run` says of Codex's own login."""
    return {"label": "Work", "messages": ["Would add #1 Work (plus)."]}


def config(changes: Mapping[str, tuple[JsonValue, str]] | None = None) -> Object:
    """Every setting at its default, but for `changes`: key → value and source."""
    changed = changes or {}
    shown: list[JsonValue] = []
    for key in declarations():
        default = value_of(Settings(), key)
        plain: JsonValue = list(default) if isinstance(default, tuple) else default
        value, source = changed.get(key, (plain, "default"))
        shown.append({"key": key, "value": value, "source": source})
    return {"settings": shown}


def finding(check: str, title: str, health: str, text: str, **more: str) -> Object:
    return {"check": check, "title": title, "health": health, "text": text, **more}


def well() -> Object:
    return {
        "findings": [
            _listener(8791),
            finding("path", Sentence("A request of our own"), "good",
                    Sentence("The list of models came back through the proxy.")),
            finding("in-force", Sentence("What Codex itself says"), "unknown", Sentence(
                    "No Codex is installed here, or not on the PATH of this program.")),
            finding("vault", Sentence("Logins"), "good",
                    Sentence("Sealed; the key lies in the system’s keyring.")),
        ]
    }  # fmt: skip


def unwell() -> Object:
    return {
        "findings": [
            _listener(8792),
            finding("bind", Sentence("Codex’s settings"), "bad", Sentence(
                    "Codex is sent to port {old}, but port {new} serves.", old=8791, new=8792),
                    fix=Sentence("openai_base_url in {home} will name this Turntable.",
                                 home="~/.codex")),
            finding("accounts", Sentence("Accounts"), "odd",
                    Sentence("A new sign-in is needed: {names}.", names="Old laptop"),
                    hint=Sentence("`turntable login --again ACCOUNT` signs one in again.")),
            finding("egress", Sentence("Egress proxy"), "bad", Sentence(
                    "{variable} is set and NO_PROXY does not name 127.0.0.1: what Codex sends "
                    "here would go out to that proxy instead.", variable="HTTP_PROXY"),
                    hint=Sentence(
                    "Add 127.0.0.1,localhost to NO_PROXY where the variable is set.")),
        ]
    }  # fmt: skip


def _listener(port: int) -> Object:
    text = Sentence("It answers on port {port}, and proves that it is ours.", port=port)
    return finding("listener", Sentence("Listener"), "good", text)


def clients() -> Object:
    return {
        "clients": [
            {"id": "cl_1", "label": "my-tool", "created_at": f"{NOW:%Y-%m-%dT08:%M:%SZ}",
             "pool": {"id": "pool_1", "name": "job"}},
            {"id": "cl_2", "label": "notebook", "created_at": "2026-02-20T10:00:00Z", "pool": None},
        ],
        "token": None,
        "messages": [],
    }  # fmt: skip


def bind_diff() -> Object:
    return {
        "diff": "--- ~/.codex/config.toml\n+++ ~/.codex/config.toml\n"
        '+openai_base_url = "http://127.0.0.1:8791/c/••••/backend-api/codex"'
    }
