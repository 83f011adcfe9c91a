"""The tables of `vault.db`: what the user chose, what we learned, and sealed secrets."""

from core.storage.database import Durability, Schema

VAULT_SCHEMA = Schema(
    durability=Durability.FULL,
    check_on_open=True,
    steps=(
        (
            # `core.storage.rows`: JSON documents by kind and key.
            """CREATE TABLE state (
                kind TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL,
                PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID""",
            """CREATE TABLE observed (
                kind TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL,
                PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID""",
            # The vault's own name: which entry of the keyring is ours.
            """CREATE TABLE vault (
                only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT""",
            # Each slot holds the vault key, sealed under the slot's own key.
            """CREATE TABLE slot (
                kind TEXT PRIMARY KEY, parameters TEXT NOT NULL, sealed BLOB NOT NULL,
                made_at TEXT NOT NULL) STRICT""",
            # Credentials, sealed under the vault key; `removed_at`: goes 7 days later.
            """CREATE TABLE secret (
                account TEXT PRIMARY KEY, generation INTEGER NOT NULL CHECK (generation > 0),
                sealed BLOB NOT NULL, removed_at TEXT) STRICT""",
            # A refresh token that is about to be presented, or was when we died.
            """CREATE TABLE refresh_intent (
                account TEXT PRIMARY KEY, generation INTEGER NOT NULL, at TEXT NOT NULL) STRICT""",
        ),
        (
            # `core.storage.rows.checksum`: a letter that a disk changed is noticed. NULL: written
            # before there were any; `load_store` adds them.
            "ALTER TABLE state ADD COLUMN checksum INTEGER",
            "ALTER TABLE observed ADD COLUMN checksum INTEGER",
        ),
    ),
)
