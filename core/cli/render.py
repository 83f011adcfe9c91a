"""A verb's JSON as text for people: one function a verb. The unknown is said to be unknown."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import cast

from core.cli.reader import Reader, Record, at_left, at_right, entries, record, shortened, table
from core.cli.render_account import render_account, render_thread
from core.cli.render_budget import render_budget
from core.cli.render_doctor import render_doctor
from core.cli.render_history import render_history, render_stopped
from core.cli.render_quota import render_check, render_quota
from core.cli.render_report import render_report
from core.cli.render_rotation import render_rotation, rotation_words
from core.cli.render_rules import render_pool, render_profile, render_rule
from core.cli.render_usage import render_usage
from core.cli.render_why import render_forecast, render_simulate, render_why
from core.control.facade import JsonValue
from core.domain.sentence import Sentence
from core.words.quota import not_known, window_left, window_name
from core.words.requests import reason_words, result_word
from core.words.state import state_words


def render(verb: str, result: Record, reader: Reader) -> str:
    """The answer of `verb` as text, without a newline at its end."""
    return _RENDERERS.get(verb, _message)(result, reader)


def _message(result: Record, reader: Reader) -> str:
    """Verbs that answer with sentences put them into `messages`."""
    return "\n".join(str(line) for line in entries(result.get("messages")))


def _report(result: Record, reader: Reader) -> str:
    return render_report(result, reader, render)


def _version(result: Record, reader: Reader) -> str:
    return f"turntable {result['version']}"


def _status(result: Record, reader: Reader) -> str:
    bind, verdict = record(result["bind"]), record(result["verdict"])
    lines = [
        reader.say(
            "Turntable {version}: {running}",
            version=result["version"],
            running=_running(result, reader),
        ),
        reader.say(
            "Codex:    {state} ({home})",
            state=reader.say(_BIND[str(bind["state"])]),
            home=bind["codex_home"],
        ),
        reader.say("Rotation: {text}", text=_steered(result, reader)),
        reader.say("Vault:    {text}", text=_vault(record(result["vault"]), reader)),
        reader.say("Accounts: {text}", text=verdict["text"]),
    ]
    accounts = _account_table(entries(result["accounts"]), reader)
    notices = [f"! {record(n)['text']}" for n in entries(result["notices"])]
    return "\n".join([*lines, *(f"  {line}" for line in accounts), *notices])


def _running(result: Record, reader: Reader) -> str:
    if not result["running"]:
        return reader.say("not running")
    address = record(result["proxy"])["address"]
    return reader.say("running as {mode} on {address}", mode=result["mode"], address=address)


def _vault(vault: Record, reader: Reader) -> str:
    backend = reader.speech.retell(_BACKENDS.get(str(vault["backend"]), str(vault["backend"])))
    return reader.say("{backend} (locked)", backend=backend) if vault["locked"] else backend


def _steered(result: Record, reader: Reader) -> str:
    labels = {record(a)["id"]: str(record(a)["label"]) for a in entries(result["accounts"])}
    rotation = record(result["rotation"])
    named, following = labels.get(rotation["account"], ""), labels.get(rotation["next"], "")
    return rotation_words(rotation, named, following, reader)


_BACKENDS = {
    "keyring": Sentence("keyring"),
    "passphrase": Sentence("passphrase"),
    "recovery": Sentence("recovery code"),
    "none": Sentence("nothing sealed yet"),
}
_BIND = {
    "bound": "routed through Turntable",
    "unbound": "not routed",
    "drifted": "somebody changed the key since it was bound",
    "broken": "an act was cut short; the next start or `turntable unbind` finishes it",
}


def _accounts(result: Record, reader: Reader) -> str:
    lines = _account_table(entries(result["accounts"]), reader)
    return "\n".join(lines) or reader.say(
        "No account yet. `turntable import --from codex` takes Codex’s own login."
    )


def _account_table(accounts: list[JsonValue], reader: Reader) -> list[str]:
    return table([_account_row(record(account), reader) for account in accounts])


def _account_row(account: Record, reader: Reader) -> tuple[str, str, str, str]:
    name = f"#{account['number']} {shortened(str(account['label']), 32)}"
    windows = [_window(record(w), reader) for w in entries(account["windows"])]
    left = " · ".join(w for w in windows if w) or not_known(reader.speech)
    return name, str(account["plan"]), _state(account, reader), left


def _state(account: Record, reader: Reader) -> str:
    until = account["until"]
    return state_words(
        str(account["state"]),
        datetime.fromisoformat(until) if isinstance(until, str) else None,
        reader.now,
        reader.speech,
        reason=str(account.get("reason", "")),
    )


def _window(window: Record, reader: Reader) -> str:
    """One window; those of single models are for `--json` and the windows."""
    if window["scope"] != "all":
        return ""
    minutes = cast("int", window["minutes"])
    name = window_name(str(window["kind"]), minutes, reader.speech)
    remaining = window["remaining"]
    if not isinstance(remaining, int | float):
        return reader.say("{name} unknown", name=name)
    resets = reader.clock(window["resets_at"])
    left = window_left(name, remaining, reader.speech)
    return reader.say("{left}, resets {time}", left=left, time=resets) if resets else left


def _bind(result: Record, reader: Reader) -> str:
    return "\n".join(
        part for part in (str(result.get("diff") or "").rstrip(), _message(result, reader)) if part
    )


def _config(result: Record, reader: Reader) -> str:
    lines = []
    for one in entries(result.get("settings")):
        setting = record(one)
        lines.append(f"{setting['key']} = {_toml(setting['value'])}")
        if result.get("action") == "explain":
            lines += [f"    {line}" for line in _explained(setting, reader)]
    return "\n".join([*lines, _message(result, reader)]).strip()


def _explained(setting: Record, reader: Reader) -> tuple[str, str]:
    values = {"source": setting["source"], "default": _toml(setting["default"])}
    where = (
        reader.say(
            "from {source}; default {default}; may be {limits}", limits=setting["limits"], **values
        )
        if setting["limits"]
        else reader.say("from {source}; default {default}", **values)
    )
    return reader.say(str(setting["help"])), where


def _log(result: Record, reader: Reader) -> str:
    lines = [log_line(record(row), reader) for row in entries(result["requests"])]
    return "\n".join(lines) or reader.say("No request yet.")


def log_line(row: Record, reader: Reader) -> str:
    """One request: when, what, who served and why."""
    account = row["account_label"] or "–"
    model = row["model"] or row["kind"]
    status = row["status"] if row["status"] is not None else "–"
    result = result_word(str(row["result"]), reader.speech)
    reason = reason_words(str(row["because"]), str(row["strategy"]), reader.speech)
    return (
        f"{at_right(reader.stamp(row['started_at']), 12)}  {at_left(result, 9)} {status!s:>3}  "
        f"{account!s:<20.20}  {model!s:<16.16}  {at_left(reason, 17)}  {row['id']}"
    )


def _toml(value: JsonValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


_RENDERERS: Mapping[str, Callable[[Record, Reader], str]] = MappingProxyType(
    {
        "version": _version,
        "status": _status,
        "pool": render_pool,
        "rule": render_rule,
        "profile": render_profile,
        "accounts": _accounts,
        "bind": _bind,
        "config": _config,
        "log": _log,
        "account": render_account,
        "rotation": render_rotation,
        "thread": render_thread,
        "check": render_check,
        "why": render_why,
        "usage": render_usage,
        "simulate": render_simulate,
        "forecast": render_forecast,
        "quota": render_quota,
        "history": render_history,
        "budget": render_budget,
        "doctor": render_doctor,
        "report": _report,
        "resume-stopped": render_stopped,
    }
)
