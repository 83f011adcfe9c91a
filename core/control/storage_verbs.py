"""The verbs of logins at rest: in, out, kept safe, and looked over."""

from core.control.parameters import CODEX_HOME, PASSPHRASE
from core.control.verb import Access, Kind, Parameter, Verb

FROM = ("codex", "codex-multi-auth", "opencode", "router")
"""Whose logins `import --from` knows."""

_FILE_PASSPHRASE = Parameter(
    name="file_passphrase", help="The passphrase of the file.", hidden=True
)
_DRY_RUN = Parameter(name="dry_run", help="Say what would happen.", kind=Kind.FLAG)


STORAGE_VERBS = (
    Verb(
        name="import",
        summary="Take logins from Codex’s own auth.json, or from another tool’s store.",
        function="stores:import_logins",
        access=Access.WRITE,
        parameters=(
            Parameter(
                name="file",
                help="An auth.json, another tool’s store, or what `export` wrote; "
                "default: CODEX_HOME’s auth.json.",
                positional=True,
            ),
            Parameter(name="from", help="Whose logins.", choices=FROM),
            Parameter(
                name="take",
                help="Make them Turntable’s: remove them from the other tool’s store.",
                kind=Kind.FLAG,
            ),
            _DRY_RUN,
            CODEX_HOME,
            PASSPHRASE,
            _FILE_PASSPHRASE,
        ),
    ),
    Verb(
        name="export",
        summary="Write settings, labels and what you decided about accounts to a file; no login.",
        function="backup:export",
        access=Access.READ,
        parameters=(Parameter(name="file", help="A new file.", positional=True, required=True),),
    ),
    Verb(
        name="backup",
        summary="Write accounts and logins, sealed, to a file; it never overwrites one.",
        function="backup:backup",
        access=Access.WRITE,
        parameters=(
            Parameter(name="file", help="A new file.", positional=True, required=True),
            Parameter(
                name="with_passphrase",
                help="Let a passphrase open it, too; needed where only a keyring opens the logins.",
                kind=Kind.FLAG,
            ),
            PASSPHRASE,
            _FILE_PASSPHRASE,
        ),
    ),
    Verb(
        name="restore",
        summary="Merge a backup with what is here; nothing that is here is lost.",
        function="backup:restore",
        access=Access.WRITE,
        parameters=(
            Parameter(
                name="file",
                help="A backup; without one, Turntable’s own are listed.",
                positional=True,
            ),
            _DRY_RUN,
            Parameter(
                name="only_copy",
                help="Say that no other copy of this restored login is in use: renew it here.",
                metavar="ACCOUNT",
            ),
            PASSPHRASE,
            _FILE_PASSPHRASE,
        ),
    ),
    Verb(
        name="verify",
        summary="Say whether all that is kept is whole, and whether this disk survives a cut.",
        function="verify:verify",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="proxy",
                help="Also ask one turn through a proxy of its own, of a made-up back end; "
                "nothing real is contacted.",
                kind=Kind.FLAG,
            ),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="vault",
        summary="Show what opens your logins; add and remove ways, or seal all with a new key.",
        function="vault:vault",
        access=Access.WRITE,
        parameters=(
            Parameter(
                name="action",
                help="slots (as it is without a word), add-passphrase, add-keyring, "
                "recovery-code, recover, remove or rekey.",
                positional=True,
                choices=(
                    "slots",
                    "add-passphrase",
                    "add-keyring",
                    "recovery-code",
                    "recover",
                    "remove",
                    "rekey",
                ),
            ),
            Parameter(
                name="slot",
                help="remove: which.",
                positional=True,
                choices=("keyring", "passphrase", "recovery"),
            ),
            PASSPHRASE,
            Parameter(name="new_passphrase", help="The new passphrase.", hidden=True),
            Parameter(name="recovery_code", help="The recovery code.", hidden=True),
        ),
    ),
)
