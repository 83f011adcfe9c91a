"""Made-up answers for the Rules page."""

from core.control.facade import JsonValue

Object = dict[str, JsonValue]


def member(number: int, label: str) -> Object:
    return {"id": f"acc_{number}", "number": number, "label": label}


def pools() -> Object:
    job: list[JsonValue] = [member(1, "Work"), member(3, "Client A")]
    return {
        "pools": [
            {"id": "pool_1", "name": "job", "accounts": job, "rules": [1, 3], "unknown": False,
             "clients": ["my-tool"]},
            {"id": "pool_2", "name": "own", "accounts": [member(2, "Personal")], "rules": [],
             "unknown": True, "clients": []},
        ]
    }  # fmt: skip


def rule(number: int, fits: str, counts: str, **more: JsonValue) -> Object:
    return {"number": number, "folder": "", "model": "", "client": "", "pool": None,
            "accounts": [], "models": [], "fits": fits, "counts": counts, **more}  # fmt: skip


def rules() -> Object:
    return {
        "rules": [
            rule(1, "folder ~/client-a", "pool job", folder="/home/person/client-a",
                 pool={"id": "pool_1", "name": "job"}),
            rule(3, "model gpt-6.1-luna*", "pool job; models gpt-6.1-luna-mini",
                 model="gpt-6.1-luna*", pool={"id": "pool_1", "name": "job"},
                 models=["gpt-6.1-luna-mini"]),
            rule(2, "client codex_exec", "Personal", client="codex_exec",
                 accounts=[member(2, "Personal")]),
        ],
        "unknown": {"otherwise": "pool", "pool": {"id": "pool_2", "name": "own"},
                    "in_force": True, "counts": "pool own"},
        "order": "Of several that fit, the most specific folder counts, then the most specific "
        "model, then the client, then the older rule.",
        "unreadable": False,
    }  # fmt: skip


def profiles() -> Object:
    return {
        "profiles": [
            {"name": "balanced", "values": {}, "built_in": True, "in_use": True,
             "help": "Use first what would expire unused; move a chat at once when it must."},
            {"name": "conservative", "values": {}, "built_in": True, "in_use": False,
             "help": "Keep chats where they are, wait for near resets, and leave something of "
             "every window."},
            {"name": "night", "values": {"routing.strategy": "drain-first",
             "routing.soft_threshold_week": 0.0}, "built_in": False, "in_use": False, "help": ""},
        ],
        "in_use": "balanced",
    }  # fmt: skip


def budget(number: int, label: str, text: str, **more: JsonValue) -> Object:
    return {"number": number, "subject": "account", "key": "acc_1", "label": label,
            "measure": "tokens", "period": "day", "limit": 20_000_000.0, "used": 0.0,
            "reserved": 0.0, "used_up": False, "text": text, **more}  # fmt: skip


def budgets() -> Object:
    return {
        "budgets": [
            budget(1, "Work", "Work: 12.4 M of 20 M tokens a day"),
            budget(2, "job", "pool job: $41.20 of $40 a week, until Mon 00:00", subject="pool",
                   key="pool_1", measure="cost", period="week", limit=40.0, used_up=True),
        ]
    }  # fmt: skip


def none(verb: str) -> Object:
    unknown: JsonValue = {"otherwise": "refuse", "pool": None, "in_force": False, "counts": ""}
    if verb == "rule":
        return {"rules": [], "unknown": unknown, "order": "", "unreadable": False}
    return profiles() if verb == "profile" else {f"{verb}s": []}
