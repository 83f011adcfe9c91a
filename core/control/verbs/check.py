"""check: whether the back end takes each login, and the careful repair of those in trouble."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.app import App
from core.control.routing_verbs import only_says
from core.control.verb import Arguments
from core.control.verbs.deep_check import DeepLook, deep_looks
from core.control.verbs.repair import Attempt, attempt_now, intended, mend
from core.control.verbs.usage_answers import ask_usage, named_accounts, sentence_of, word_of
from core.domain.account import Account, AccountId
from core.domain.errors import ExitCode
from core.quota.usage_endpoint import Answer, NotTaken, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the back end said of one account.

    Attributes:
        id: ours.
        label: what it is called.
        answer: a word for programs; of `flagged` without `restore`: what would be tried.
        text: the same, in sentences.
        restored: it was in trouble, and serves again.
        deep: what the login may use; None where that was not asked for.
    """

    id: AccountId
    label: str
    answer: str
    text: str
    restored: bool = False
    deep: DeepLook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The answer of `check`; `exit_code` 4: somebody must sign in again, 1: nobody could ask."""

    accounts: tuple[Checked, ...]
    messages: tuple[str, ...]
    exit_code: int


async def check(app: App, arguments: Arguments) -> Check:
    """Ask the usage endpoint about each account; nothing of any quota is spent.

    With `deep` also for what Codex asks before a prompt: the models, the workspace. With `flagged`
    only about accounts in trouble; alone it asks nothing and says what `restore` would try.
    """
    chosen = [account for account in named_accounts(app, arguments) if account.enabled]
    attempts: dict[AccountId, Attempt] = {}
    if _flagged(arguments):
        attempts = {a.id: tried for a in chosen if (tried := attempt_now(app, a)) is not None}
        chosen = [account for account in chosen if account.id in attempts]
        if only_says(arguments):
            return _plan(app, chosen, attempts)
    asked = [a for a in chosen if attempts.get(a.id) is not Attempt.NOTHING]
    answers = await ask_usage(app, asked, arguments)
    checked = [_checked(app, account, answers, attempts) for account in chosen]
    if arguments.flag("restore"):
        checked = [_mended(app, app.state.accounts[one.id], one) for one in checked]
    deep: Mapping[AccountId, DeepLook] = {}
    if arguments.flag("deep"):
        deep = await deep_looks(app, asked, arguments.text("passphrase"))
    code = _exit_code(answers, attempts)
    if code is ExitCode.DONE and not all(look.whole for look in deep.values()):
        code = ExitCode.FAILED
    return Check(
        accounts=tuple(replace(one, deep=deep.get(one.id)) for one in checked),
        messages=() if checked else (_nobody(app, arguments),),
        exit_code=int(code),
    )


def _flagged(arguments: Arguments) -> bool:
    # `restore` is about no others.
    return arguments.flag("flagged") or arguments.flag("restore")


def _plan(app: App, chosen: list[Account], attempts: Mapping[AccountId, Attempt]) -> Check:
    plan = tuple(
        Checked(
            id=account.id,
            label=account.label,
            answer=attempts[account.id].value,
            text=intended(app, account, attempts[account.id]),
        )
        for account in chosen
    )
    say = app.speech.say
    messages = (
        say("Nothing was asked; `turntable check --flagged --restore` tries it.")
        if plan
        else say("No account is in trouble."),
    )
    return Check(accounts=plan, messages=messages, exit_code=int(ExitCode.DONE))


def _checked(
    app: App,
    account: Account,
    answers: Mapping[AccountId, Answer],
    attempts: Mapping[AccountId, Attempt],
) -> Checked:
    answer = answers.get(account.id)
    if answer is not None:
        word, text = word_of(answer), sentence_of(app, answer)
    elif attempts.get(account.id) is Attempt.NOTHING:
        word, text = Attempt.NOTHING.value, intended(app, account, Attempt.NOTHING)
    else:
        word = "not_asked"
        text = app.speech.say("Not asked: the endpoint wants to be left alone for a while.")
    return Checked(id=account.id, label=account.label, answer=word, text=text)


def _mended(app: App, account: Account, checked: Checked) -> Checked:
    if checked.answer != "taken":
        return checked
    stands = mend(app, account)
    return replace(
        checked, text=f"{checked.text} {stands}", restored=attempt_now(app, account) is None
    )


def _nobody(app: App, arguments: Arguments) -> str:
    if _flagged(arguments):
        return app.speech.say("No account is in trouble.")
    return app.speech.say("There is no account to ask about.")


def _exit_code(
    answers: Mapping[AccountId, Answer], attempts: Mapping[AccountId, Attempt]
) -> ExitCode:
    if Attempt.NOTHING in attempts.values() or any(
        isinstance(answer, NotTaken) for answer in answers.values()
    ):
        return ExitCode.SIGN_IN_NEEDED
    if answers and not any(isinstance(answer, Told) for answer in answers.values()):
        return ExitCode.FAILED
    return ExitCode.DONE
