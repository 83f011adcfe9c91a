"""The rows of the verbs that sign in and out."""

from core.control.parameters import ACCOUNT, PASSPHRASE
from core.control.verb import Access, Kind, Parameter, Verb

LOGIN_VERBS = (
    Verb(
        name="login",
        summary="Sign in: add an account, or renew one that is here.",
        function="login:login",
        access=Access.FILES,
        parameters=(
            Parameter(name="browser", help="With the browser of this machine.", kind=Kind.FLAG),
            Parameter(
                name="device",
                help="With a code that you type in a browser anywhere.",
                kind=Kind.FLAG,
            ),
            Parameter(
                name="paste",
                help="Paste the address at which a browser elsewhere ended.",
                kind=Kind.FLAG,
            ),
            Parameter(name="no_open", help="Show the address, open nothing.", kind=Kind.FLAG),
            Parameter(name="label", help="What to call the account.", metavar="LABEL"),
            Parameter(name="workspace", help="Only in this workspace.", metavar="ID"),
            Parameter(name="again", help="Renew this account’s login.", metavar="ACCOUNT"),
            Parameter(
                name="several", help="Go on with the next account until Ctrl+C.", kind=Kind.FLAG
            ),
            Parameter(name="session", help="A sign-in that has begun.", hidden=True),
            Parameter(name="pasted", help="What was pasted.", hidden=True),
            Parameter(name="end", help="End it.", kind=Kind.FLAG, hidden=True),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="logout",
        summary="Sign out of an account; its name, settings and history stay.",
        function="logout:logout",
        access=Access.WRITE,
        parameters=(
            Parameter(name="account", help=f"{ACCOUNT.help} Or --all.", positional=True),
            Parameter(name="all", help="Every account.", kind=Kind.FLAG),
            Parameter(name="revoke", help="Also end the login at the issuer.", kind=Kind.FLAG),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="workspaces",
        summary="List the workspaces of an account’s user, or choose one of them.",
        function="workspaces:workspaces",
        access=Access.WRITE,
        parameters=(
            ACCOUNT,
            Parameter(name="workspace", help="The id of the one to use.", positional=True),
            PASSPHRASE,
        ),
    ),
)
