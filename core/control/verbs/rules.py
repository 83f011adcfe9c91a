"""rule: which accounts and models may serve a folder, a model or a client."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.control.verbs.pools import Member, NamedPool, members, named_pool
from core.domain.errors import CoreError, ExitCode
from core.domain.rules import Otherwise, Project, Rule, RuleNumber, Unknown
from core.domain.ruling import add_rule, clear_rules, drop_rule, find_pool, set_unknown
from core.domain.sentence import Sentence
from core.routing.scope import precedence
from core.runtime.projects import find_project
from core.words import rules as words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """A rule; `fits` and `counts` are its two halves in words."""

    number: int
    folder: str
    model: str
    client: str
    pool: NamedPool | None
    accounts: tuple[Member, ...]
    models: tuple[str, ...]
    fits: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUnknown:
    """What counts in folders that no rule covers.

    Attributes:
        otherwise: `refuse`, `any` or `pool`.
        pool: which, for `pool`.
        in_force: whether a rule names a folder, so that it counts at all.
        counts: the same in words.
    """

    otherwise: str
    pool: NamedPool | None
    in_force: bool
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The answer of `rule`.

    Attributes:
        action: what was done.
        rules: every rule, the one that goes before the others first.
        unknown: what counts where none does.
        order: which counts where several fit, in a sentence.
        unreadable: the stored rules are damaged, and nothing is served.
        messages: what was done, in sentences.
    """

    action: str
    rules: tuple[ShownRule, ...]
    unknown: ShownUnknown
    order: str
    unreadable: bool
    messages: tuple[str, ...]


async def rule(app: App, arguments: Arguments) -> RuleBook:
    """List rules, add or remove one, say what counts elsewhere, or begin anew."""
    action = arguments.text("action") or "list"
    messages: tuple[str, ...] = ()
    match action:
        case "add":
            messages = await _add(app, arguments)
        case "remove":
            messages = (await _remove(app, arguments),)
        case "unknown" if arguments.text("value") is not None:
            messages = (await _unknown(app, arguments.required("value")),)
        case "clear":
            await app.folder.store.change(clear_rules())
            messages = (app.speech.say("There is no rule any more: any account may serve."),)
        case _:
            pass
    state = app.state
    return RuleBook(
        action=action,
        rules=tuple(
            _shown(app, one) for one in sorted(state.rules.rules, key=precedence, reverse=True)
        ),
        unknown=_shown_unknown(app),
        order=words.order_sentence(app.speech),
        unreadable=state.rules.unreadable,
        messages=messages,
    )


async def _add(app: App, arguments: Arguments) -> tuple[str, ...]:
    pool, models = arguments.text("pool"), arguments.rest("allow")
    accounts = tuple(find_account(app.state, typed).id for typed in arguments.rest("account"))
    if not (pool or accounts or models or arguments.flag("any")):
        raise _usage("rule add needs --pool, --account or --allow; --any lets every account serve.")
    typed = arguments.text("folder")
    project = Project("") if typed is None else await _project(typed)
    wanted = Rule(
        number=RuleNumber(0),
        folder=project,
        model=arguments.text("model") or "",
        client=arguments.text("client") or "",
        pool=None if pool is None else find_pool(app.state, pool).id,
        accounts=accounts,
        models=models,
    )
    first_folder = bool(project) and not app.state.rules.name_folders
    await app.folder.store.change(add_rule(wanted))
    shown = _shown(app, app.state.rules.rules[-1])
    say = app.speech.say
    said = [
        say("Rule {n}: {fits} → {counts}.", n=shown.number, fits=shown.fits, counts=shown.counts)
    ]
    if typed is not None and project != typed.rstrip("/"):
        said.append(
            say("{folder} belongs to the project {project}.", folder=typed, project=project)
        )
    if project and not await asyncio.to_thread(Path(project).is_dir):
        said.append(say("There is no folder {project} yet.", project=project))
    if first_folder:
        unknown = _shown_unknown(app).counts
        said.append(
            say(
                "Other folders from now on: {unknown}. `turntable rule unknown` changes that.",
                unknown=unknown,
            )
        )
    return tuple(said)


async def _project(typed: str) -> Project:
    project = await asyncio.to_thread(find_project, typed)
    if project is None:
        message = Sentence("{typed} is no folder that a rule can name.", typed=typed)
        raise CoreError("bad_folder", message, "Give its whole path.", exit_code=ExitCode.USAGE)
    return project


async def _remove(app: App, arguments: Arguments) -> str:
    typed = arguments.text("value") or ""
    number = typed.removeprefix("#")
    known = {str(one.number): one for one in app.state.rules.rules}
    if number not in known:
        message = (
            Sentence("There is no rule {typed}.", typed=typed)
            if typed
            else "rule remove needs its number."
        )
        hint = "`turntable rule list` shows them all."
        raise CoreError("no_such_rule", message, hint, exit_code=ExitCode.USAGE)
    await app.folder.store.change(drop_rule(known[number].number))
    return app.speech.say("Rule {n} is removed.", n=number)


async def _unknown(app: App, typed: str) -> str:
    if typed in (Otherwise.REFUSE, Otherwise.ANY):
        unknown = Unknown(otherwise=Otherwise(typed))
    else:
        unknown = Unknown(otherwise=Otherwise.POOL, pool=find_pool(app.state, typed).id)
    await app.folder.store.change(set_unknown(unknown))
    counts = _shown_unknown(app).counts
    return app.speech.say("Other folders from now on: {unknown}.", unknown=counts)


def _shown(app: App, one: Rule) -> ShownRule:
    state = app.state
    pool, accounts = named_pool(state, one.pool), members(state, one.accounts)
    fits, counts = words.rule_words(
        one,
        pool=None if pool is None else pool.name or "–",
        accounts=[account.label for account in accounts],
        speech=app.speech,
    )
    return ShownRule(
        number=one.number,
        folder=one.folder,
        model=one.model,
        client=one.client,
        pool=pool,
        accounts=accounts,
        models=one.models,
        fits=fits,
        counts=counts,
    )


def _shown_unknown(app: App) -> ShownUnknown:
    rules = app.state.rules
    pool = named_pool(app.state, rules.unknown.pool)
    return ShownUnknown(
        otherwise=rules.unknown.otherwise.value,
        pool=pool,
        in_force=rules.name_folders,
        counts=words.unknown_words(
            rules.unknown.otherwise, None if pool is None else pool.name, app.speech
        ),
    )


def _usage(message: str) -> CoreError:
    hint = "`turntable rule --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
