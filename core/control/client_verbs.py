"""The rows of the verbs that are about other tools than Codex."""

from core.control.verb import Access, Arguments, Parameter, Verb

SNIPPETS = ("python", "node", "curl", "env", "opencode", "codex")


def _client_access(arguments: Arguments) -> Access:
    return Access.READ if arguments.text("action") in (None, "list") else Access.WRITE


CLIENT_VERBS = (
    Verb(
        name="client",
        summary="Let other tools call Turntable, each with a token of its own.",
        function="clients:client",
        access=Access.WRITE,
        access_of=_client_access,
        parameters=(
            Parameter(
                name="action",
                help="list (default), create, set (its pool), rotate (a new token) or revoke.",
                positional=True,
                choices=("list", "create", "set", "rotate", "revoke"),
            ),
            Parameter(
                name="client", help="With set, rotate and revoke: its label or id.", positional=True
            ),
            Parameter(name="label", help="With create: what you call the tool.", metavar="LABEL"),
            Parameter(
                name="pool",
                help="With create and set: only this pool’s accounts serve it; none: any account.",
            ),
        ),
    ),
    Verb(
        name="snippets",
        summary="Show how another tool is pointed at Turntable.",
        function="clients:snippets",
        access=Access.READ,
        parameters=(
            Parameter(
                name="kind",
                help="Only this one: python, node, curl, env, opencode or codex.",
                choices=SNIPPETS,
                metavar="KIND",
            ),
        ),
    ),
)
