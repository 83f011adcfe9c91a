"""The rows of the verbs that are about limits: those of the back end, and those the user sets."""

from core.control.parameters import ACCOUNT, PASSPHRASE
from core.control.verb import Access, Kind, Parameter, Verb

LIMIT_VERBS = (
    Verb(
        name="reset-credits",
        summary="Show an account’s reset credits and when they expire; redeem one.",
        function="reset_credits:reset_credits",
        access=Access.WRITE,
        parameters=(
            ACCOUNT,
            Parameter(
                name="redeem",
                help="Spend the one that expires first: every window is full again.",
                kind=Kind.FLAG,
            ),
            Parameter(name="yes", help="Do not ask before it is spent.", kind=Kind.FLAG),
            PASSPHRASE,
        ),
    ),
)
