"""Values to store: accounts, logins, ledger rows. Tokens look fake and open nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.domain.account import Account, AccountId, Identity, Refresher
from core.domain.credentials import Credentials
from core.domain.decision import AccountState, Because, Verdict
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.usage import AttemptRecord, RequestRecord, Result, Tokens
from core.storage.slots import ScryptCost

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)

CHEAP = ScryptCost(n=2**4)
"""Tests of everything but the passphrase's cost."""


def account(number: int = 1) -> Account:
    return Account(
        id=AccountId(f"acc_{number:012d}"),
        number=number,
        identity=Identity(user=f"user-{number}", workspace=f"workspace-{number}"),
        label=f"Work {number}",
        email=f"person{number}@example.com",
        plan="plus",
        fedramp=False,
        refresher=Refresher.ELSEWHERE,
        source="auth.json of a home",
        workspace_name="",
        enabled=True,
        paused=False,
        added_at=NOW,
    )


def login(name: str = "A", generation: int = 1) -> Credentials:
    return Credentials(
        id_token=f"fake-id-{name}-{generation}",
        access_token=f"fake-access-{name}-{generation}",
        refresh_token=f"fake-refresh-{name}-{generation}",
        expires_at=NOW + timedelta(hours=1),
        generation=generation,
    )


def request(number: int = 1, *, ago: timedelta = timedelta(0), accounts: int = 5) -> RequestRecord:
    ids = [account(n).id for n in range(1, accounts + 1)]
    verdicts = tuple(
        Verdict(
            account=id_,
            eligible=id_ == ids[0],
            state=AccountState.WAITING,
            because=Because.USAGE_LIMIT,
            until=NOW + timedelta(hours=3),
        )
        for id_ in ids
    )
    return RequestRecord(
        id=f"req_{number:016x}",
        started_at=NOW - ago,
        facts=Facts(
            kind=RequestKind.RESPONSES,
            thread=ThreadId("0199a213-81c0-7800-8aa1-bbab2a035a53"),
            parent=ThreadId("0199a213-81c0-7800-8aa1-bbab2a035a54"),
            model="gpt-5.1-codex-max",
            client="codex_cli_rs",
        ),
        account=ids[0],
        because="owner",
        verdicts=verdicts,
        attempts=tuple(AttemptRecord(account=id_, outcome="limited") for id_ in ids),
        result=Result.SERVED,
        status=200,
        first_byte_s=0.123,
        total_s=12.5,
        tokens=Tokens(input=12345, cached_input=10000, output=2345, reasoning_output=1000),
    )


def with_result(record: RequestRecord, result: Result) -> RequestRecord:
    return replace(record, result=result)


def everything_under(folder: Path) -> dict[str, bytes]:
    """Each file's content, by its path in the folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pieces(secret: str, length: int = 12) -> set[bytes]:
    """Every piece of a secret that is long enough to give it away."""
    return {secret[at : at + length].encode() for at in range(len(secret) - length + 1)}
