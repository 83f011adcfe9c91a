"""Made-up answers of verbs, as the engine gives them: for pages and their pictures."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.control.facade import JsonValue
from core.domain.settings import Settings, declarations, value_of
from tests.tray.snapshots import NOW

Object = dict[str, JsonValue]

_OTHERS = (("Personal", True, "Ready."), ("Client A", False, "Its usage limit is reached."))


def request(
    number: int,
    *,
    at: datetime = NOW,
    account: str | None = "Work",
    result: str = "served",
    status: int | None = 200,
) -> Object:
    return {
        "id": f"req_{number}",
        "started_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "kind": "responses",
        "thread": f"0199c3f4-thread-{number}",
        "model": "gpt-6.1-sol",
        "account_label": account,
        "because": "strategy",
        "result": result,
        "status": status,
        "first_byte_s": 0.62 if status == 200 else None,
    }


def explained(number: int, text: str) -> Object:
    verdicts: list[JsonValue] = [
        {"label": label, "eligible": eligible, "text": said}
        for label, eligible, said in (("Work", True, "Ready."), *_OTHERS)
    ]
    return {
        "id": f"req_{number}" if number else "",
        "started_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "model": "gpt-6.1-sol",
        "text": text,
        "verdicts": verdicts,
    }


def log() -> Object:
    minute = timedelta(minutes=1)
    return {
        "requests": [
            request(1, at=NOW - 90 * minute),
            request(2, at=NOW - 40 * minute, account="Personal", result="moved"),
            request(3, at=NOW - 21 * minute, account=None, result="refused", status=429),
            request(4, at=NOW - 12 * minute, result="failed", status=502),
            request(5, at=NOW - 6 * minute, result="cancelled", status=None),
            request(6, at=NOW - 2 * minute),
        ]
    }


def why() -> Object:
    reasons = (
        "Work expires soonest of what is left.",
        "Work answered that its limit is reached. Personal had most left.",
        "Every account was waiting; the first is back at 08:50.",
        "The chat lives on Work.",
        "The chat lives on Work.",
        "The chat lives on Work.",
    )
    return {"requests": [explained(n, text) for n, text in enumerate(reasons, 1)]}


def simulated() -> Object:
    return {"requests": [explained(0, "Work expires soonest of what is left.")]}


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
            finding("listener", "Listener", "good", "It answers on port 8791, and proves that "
                    "it is ours."),
            finding("path", "A request of our own", "good", "The list of models came back "
                    "through the proxy."),
            finding("in-force", "What Codex itself says", "unknown", "No Codex is installed "
                    "here, or not on the PATH of this program."),
            finding("vault", "Logins", "good", "Sealed; the key lies in the system’s keyring."),
        ]
    }  # fmt: skip


def unwell() -> Object:
    return {
        "findings": [
            finding("listener", "Listener", "good", "It answers on port 8792, and proves that "
                    "it is ours."),
            finding("bind", "Codex’s settings", "bad", "Codex is sent to port 8791, but port "
                    "8792 serves.", fix="openai_base_url in ~/.codex will name this Turntable."),
            finding("accounts", "Accounts", "odd", "A new sign-in is needed: Old laptop.",
                    hint="`turntable login --again ACCOUNT` signs one in again."),
            finding("egress", "Egress proxy", "bad", "HTTP_PROXY is set and NO_PROXY does not "
                    "name 127.0.0.1: what Codex sends here would go out to that proxy instead.",
                    hint="Add 127.0.0.1,localhost to NO_PROXY where the variable is set."),
        ]
    }  # fmt: skip


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
