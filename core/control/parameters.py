"""Arguments that several verbs take."""

from core.control.verb import Parameter

ACCOUNT = Parameter(
    name="account",
    help="#N, label, e-mail, user or workspace id, our own id, or a unique beginning.",
    positional=True,
    required=True,
)
CODEX_HOME = Parameter(name="codex_home", help="The caller’s CODEX_HOME.", hidden=True)
PASSPHRASE = Parameter(name="passphrase", help="The vault’s passphrase.", hidden=True)
ONE_ACCOUNT = Parameter(
    name="account", help=f"{ACCOUNT.help} Default: every account.", positional=True
)
