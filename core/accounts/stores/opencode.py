"""opencode-multi-auth's accounts by alias, versions 1 and 2 (PROTOCOL §8). Pure.

`{version, accounts: {alias: {accessToken, refreshToken, idToken, accountId, email, planType,
expiresAt, enabled, tags, notes}}, activeAlias, …}`.
"""

from collections.abc import Callable, Mapping

from core.accounts.stores.entry import (
    Contents,
    Entry,
    StoreKind,
    Unusable,
    Why,
    contents,
    login_in,
    record_of,
    text_in,
)

VERSIONS = frozenset({1, 2})
"""Version 1 has no `version`, and names the parts that we read alike."""


def read_aliases(document: Mapping[str, object]) -> Contents:
    """The logins of a document whose version is one of `VERSIONS`."""
    accounts = record_of(document.get("accounts"))
    return contents(StoreKind.OPENCODE, tuple(_entry(name, one) for name, one in accounts.items()))


def without_logins(
    document: Mapping[str, object], goes: Callable[[str], bool]
) -> dict[str, object]:
    """The document without the accounts whose refresh token `goes`; what points at one follows."""
    accounts = record_of(document.get("accounts"))
    kept = {alias: one for alias, one in accounts.items() if not goes(_refresh_token(one))}
    after = {**document, "accounts": kept}
    if document.get("activeAlias") not in kept:
        after["activeAlias"] = next(iter(kept), None)
    forced = (after.get("forcedAlias"), record_of(after.get("force")).get("forcedAlias"))
    if any(alias is not None and alias not in kept for alias in forced):
        _end_force(after)
    return after


def _end_force(document: dict[str, object]) -> None:
    """Nothing is forced any more, wherever the version keeps it."""
    if "forcedAlias" in document:
        document["forcedAlias"] = None
    if force := record_of(document.get("force")):
        document["force"] = {**force, "forcedAlias": None}


def _entry(alias: str, value: object) -> Entry | Unusable:
    record = record_of(value)
    name = alias if alias.isprintable() else "unnamed"
    login = login_in(record)
    if isinstance(login, Why):
        return Unusable(name=name, why=login)
    tags = record.get("tags")
    words = {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    return Entry(
        name=name,
        login=login,
        label=name,
        enabled=record.get("enabled") is not False,
        tags=tuple(
            sorted({word for word in words if isinstance(word, str) and word.isprintable()})
        ),
        note=text_in(record, "notes"),
    )


def _refresh_token(value: object) -> str:
    token = record_of(value).get("refreshToken")
    return token if isinstance(token, str) else ""
