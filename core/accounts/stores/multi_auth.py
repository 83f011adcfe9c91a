"""codex-multi-auth's list of accounts, version 3 (PROTOCOL §8). Pure.

`{version, accounts: [{accountId, email, refreshToken, accessToken, expiresAt, enabled,
accountLabel, …}], activeIndex, activeIndexByFamily, pinnedAccountIndex}`; no id_token is kept.
codex-app-account-router's `openai-accounts.json` is the same list.
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

VERSIONS = frozenset({1, 3})
"""1 and 3 name the parts that we read alike."""


def read_list(document: Mapping[str, object]) -> Contents:
    """The logins of a document whose version is one of `VERSIONS`."""
    accounts = document.get("accounts")
    found = enumerate(accounts if isinstance(accounts, list) else [], start=1)
    return contents(StoreKind.MULTI_AUTH, tuple(_entry(number, one) for number, one in found))


def without_logins(
    document: Mapping[str, object], goes: Callable[[str], bool]
) -> dict[str, object]:
    """The document without the accounts whose refresh token `goes`; what points at one follows."""
    accounts = document.get("accounts")
    old = accounts if isinstance(accounts, list) else []
    kept = [number for number, one in enumerate(old) if not goes(_refresh_token(one))]
    moved = {number: place for place, number in enumerate(kept)}
    after = {**document, "accounts": [old[number] for number in kept]}
    after["activeIndex"] = moved.get(_number(document.get("activeIndex")), 0)
    by_family = record_of(document.get("activeIndexByFamily"))
    if by_family:
        after["activeIndexByFamily"] = {
            family: moved.get(_number(index), 0) for family, index in by_family.items()
        }
    if "pinnedAccountIndex" in document:
        pinned = moved.get(_number(document["pinnedAccountIndex"]))
        if pinned is None:
            del after["pinnedAccountIndex"]
        else:
            after["pinnedAccountIndex"] = pinned
    return after


def _entry(number: int, value: object) -> Entry | Unusable:
    record = record_of(value)
    name = text_in(record, "accountLabel") or text_in(record, "email") or f"number {number}"
    login = login_in(record)
    if isinstance(login, Why):
        return Unusable(name=name, why=login)
    return Entry(
        name=name,
        login=login,
        label=text_in(record, "accountLabel"),
        enabled=record.get("enabled") is not False,
    )


def _refresh_token(value: object) -> str:
    token = record_of(value).get("refreshToken")
    return token if isinstance(token, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1
