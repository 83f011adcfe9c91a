"""The rows of the verbs that say which accounts may serve which work."""

from core.control.verb import Access, Arguments, Kind, Parameter, Verb


def _access(arguments: Arguments) -> Access:
    return Access.READ if arguments.text("action") in (None, "list") else Access.WRITE


RULE_VERBS = (
    Verb(
        name="pool",
        summary="Keep accounts together under a name, for rules and clients.",
        function="pools:pool",
        access=Access.WRITE,
        access_of=_access,
        parameters=(
            Parameter(
                name="action",
                help="list (default), create, remove, add (put accounts in), take (take them out).",
                positional=True,
                choices=("list", "create", "remove", "add", "take"),
            ),
            Parameter(name="pool", help="Its name.", positional=True),
            Parameter(
                name="accounts",
                help="create, add, take: the accounts, as `accounts` lists them.",
                kind=Kind.REST,
                positional=True,
            ),
            Parameter(
                name="force",
                help="remove: also where rules name it; they go with it, and a client that names "
                "it is served by nobody.",
                kind=Kind.FLAG,
            ),
        ),
    ),
    Verb(
        name="rule",
        summary="Say which accounts and models may serve a folder, a model or a client.",
        function="rules:rule",
        access=Access.WRITE,
        access_of=_access,
        parameters=(
            Parameter(
                name="action",
                help="list (default), add, remove N, unknown (what counts in folders that no rule "
                "covers), clear (remove all).",
                positional=True,
                choices=("list", "add", "remove", "unknown", "clear"),
            ),
            Parameter(
                name="value",
                help="remove: its number; unknown: refuse, any, or a pool.",
                positional=True,
            ),
            Parameter(
                name="folder",
                help="add: for this project and all below it; a folder inside git stands for the "
                "whole repository with its linked working trees.",
                metavar="DIR",
            ),
            Parameter(name="model", help="add: for this model; * and ? stand for what may differ."),
            Parameter(
                name="client",
                help="add: for this client: a label of `client list`, or Codex’s own name, such "
                "as codex_exec; * and ? as above.",
            ),
            Parameter(name="pool", help="add: only the accounts of this pool may serve."),
            Parameter(
                name="account",
                help="add: only this account may serve; again for more.",
                kind=Kind.REST,
            ),
            Parameter(
                name="allow",
                help="add: only this model may be asked for; again for more; * and ? as above.",
                kind=Kind.REST,
                metavar="MODEL",
            ),
            Parameter(name="any", help="add: any account may serve.", kind=Kind.FLAG),
        ),
    ),
    Verb(
        name="profile",
        summary="Use a named set of routing settings: balanced, conservative, aggressive, yours.",
        function="profiles:profile",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="action",
                help="list (default), set (make or change one of yours), use NAME or none, remove.",
                positional=True,
                choices=("list", "set", "use", "remove"),
            ),
            Parameter(name="name", help="The profile’s name.", positional=True),
            Parameter(
                name="values",
                help="set: what it says, such as routing.strategy=sticky.",
                kind=Kind.REST,
                positional=True,
                metavar="KEY=VALUE",
            ),
        ),
    ),
)
