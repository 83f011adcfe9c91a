"""Which rule counts, and whom it leaves: one row a branch, each row a sentence."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, RefuseReason
from core.domain.facts import Facts, RequestKind
from core.domain.rules import (
    Otherwise,
    Pool,
    PoolId,
    Project,
    Rule,
    RuleNumber,
    Rules,
    Unknown,
)
from core.domain.state import State
from core.routing.scope import EVERYBODY, Scope, covers, outside, ruling, scope_of

A, B, C = AccountId("A"), AccountId("B"), AccountId("C")
WORK = Pool(id=PoolId("pool_work"), name="Work", accounts=(A, B))
HOME = Pool(id=PoolId("pool_home"), name="Home", accounts=(B, C))
MODEL = "gpt-6.1-sol"
REFUSED = Unknown()


def asks(
    project: str | None = None,
    *,
    model: str = MODEL,
    client: str = "codex_exec",
    pool: PoolId | None = None,
    kind: RequestKind = RequestKind.RESPONSES,
) -> Facts:
    return Facts(
        kind=kind,
        model=model,
        client=client,
        pool=pool,
        project=None if project is None else Project(project),
    )


def rule(number: int, **named: object) -> Rule:
    return replace(Rule(number=RuleNumber(number)), **named)  # type: ignore[arg-type]


def ruled(*rules: Rule, unknown: Unknown = REFUSED) -> State:
    return State(
        pools={pool.id: pool for pool in (WORK, HOME)}, rules=Rules(rules=rules, unknown=unknown)
    )


WORK_RULE = rule(1, folder=Project("/firm"), pool=WORK.id)

COUNTS = [
    pytest.param(
        (rule(1, folder="/firm"), rule(2, folder="/firm/deep")),
        asks("/firm/deep/er"),
        2,
        id="the deepest folder counts, whichever is older",
    ),
    pytest.param(
        (rule(1, folder="/"), rule(2, model=MODEL, client="codex_exec")),
        asks("/firm"),
        1,
        id="even the shallowest folder goes before model and client",
    ),
    pytest.param(
        (rule(1, folder="/firm"), rule(2, folder="/firm", model="gpt-*")),
        asks("/firm"),
        2,
        id="of one folder the rule with a model counts",
    ),
    pytest.param(
        (rule(1, model="gpt-*"), rule(2, model="gpt-6.*"), rule(3, model="*")),
        asks(),
        2,
        id="of two patterns the one with more letters counts",
    ),
    pytest.param(
        (rule(1, model="gpt-6.1-so*"), rule(2, model=MODEL)),
        asks(),
        2,
        id="a whole model id goes before any pattern",
    ),
    pytest.param(
        (rule(1, client="codex_exec"), rule(2, model="g*")),
        asks(),
        2,
        id="a model goes before a client",
    ),
    pytest.param(
        (rule(1, client="codex*"), rule(2, client="codex_exec")),
        asks(),
        2,
        id="a whole client goes before a pattern",
    ),
    pytest.param(
        (rule(1, model="gpt-*"), rule(2, model="*-sol")),
        asks(),
        1,
        id="of two that are as exact the older counts",
    ),
    pytest.param(
        (rule(1, folder="/firm", client="my-tool"),),
        asks("/firm"),
        None,
        id="all that a rule names must fit",
    ),
    pytest.param((rule(1, folder="/fir"),), asks("/firm"), None, id="a folder is no beginning"),
    pytest.param((rule(1, folder="/firm"),), asks(), None, id="no folder is in no folder"),
    pytest.param((rule(1, model="gpt-*"),), asks(model=""), None, id="no model fits no pattern"),
    pytest.param((rule(1, model="GPT-*"),), asks(), None, id="a model's letters are as they are"),
    pytest.param(
        (rule(1, client="codex_exec"),), asks("/any"), 1, id="without a folder it fits in every one"
    ),
]


@pytest.mark.parametrize(("rules", "facts", "number"), COUNTS)
def test_the_rule_that_counts(rules: tuple[Rule, ...], facts: Facts, number: int | None) -> None:
    for known in (rules, tuple(reversed(rules))):
        found = ruling(facts, Rules(rules=known))
        assert (None if found is None else found.number) == number


@pytest.mark.parametrize(
    ("folder", "project", "inside"),
    [
        pytest.param("/firm", "/firm", True, id="itself"),
        pytest.param("/firm", "/firm/a/b", True, id="below it"),
        pytest.param("/firm", "/firms", False, id="a longer name beside it"),
        pytest.param("/firm/a", "/firm", False, id="above it"),
        pytest.param("/", "/anything", True, id="everything is below the root"),
        pytest.param("C:/firm", "C:/firm/a", True, id="below one on a Windows disk"),
        pytest.param("/firm", None, False, id="an unknown one is nowhere"),
    ],
)
def test_what_a_folder_covers(folder: str, project: str | None, inside: bool) -> None:
    named = None if project is None else Project(project)
    assert covers(Project(folder), named) is inside


GONE = PoolId("pool_gone")
EVERYWHERE = Unknown(otherwise=Otherwise.ANY)
SCOPES = [
    pytest.param(State(), asks(), EVERYBODY, id="without rules everybody may serve"),
    pytest.param(
        ruled(WORK_RULE),
        asks("/firm/a"),
        Scope(rule=RuleNumber(1), pool=WORK.id, of_rule=frozenset({A, B})),
        id="a rule keeps its work to its pool",
    ),
    pytest.param(
        ruled(rule(1, model="gpt-*", accounts=(C,))),
        asks(),
        Scope(rule=RuleNumber(1), of_rule=frozenset({C})),
        id="a rule may name accounts without a pool",
    ),
    pytest.param(
        ruled(rule(1, model="gpt-*", pool=WORK.id, accounts=(B, C))),
        asks(),
        Scope(rule=RuleNumber(1), pool=WORK.id, of_rule=frozenset({B})),
        id="with pool and accounts only those in both may serve",
    ),
    pytest.param(
        ruled(rule(1, model="gpt-*", pool=GONE)),
        asks(),
        Scope(rule=RuleNumber(1), pool=GONE, of_rule=frozenset()),
        id="a pool that has gone lets nobody serve",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm")),
        asks("/firm"),
        Scope(rule=RuleNumber(1)),
        id="a rule that restricts nothing lets everybody serve",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm", pool=WORK.id, models=("o*", "gpt-5"))),
        asks("/firm"),
        Scope(
            rule=RuleNumber(1),
            pool=WORK.id,
            of_rule=frozenset(),
            refused=RefuseReason.RULE_MODEL,
            subject=MODEL,
        ),
        id="a model that the rule does not allow is refused",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm", models=("gpt-6.*",))),
        asks("/firm"),
        Scope(rule=RuleNumber(1)),
        id="a model that it allows passes",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm", models=("*",))),
        asks("/firm", model=""),
        Scope(rule=RuleNumber(1)),
        id="every model includes one that nobody names",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm", models=("gpt-*",))),
        asks("/firm", model=""),
        Scope(rule=RuleNumber(1), of_rule=frozenset(), refused=RefuseReason.RULE_MODEL, subject=""),
        id="a model that nobody names is not allowed by name",
    ),
    pytest.param(
        ruled(rule(1, model="gpt-*", pool=WORK.id)),
        replace(asks("/firm", model=""), unread=True),
        Scope(of_rule=frozenset(), refused=RefuseReason.RULE_MODEL),
        id="a model that nobody can read is refused while a rule is about one",
    ),
    pytest.param(
        ruled(rule(1, folder="/firm", pool=WORK.id)),
        replace(asks("/firm", model=""), unread=True),
        Scope(rule=RuleNumber(1), pool=WORK.id, of_rule=frozenset(WORK.accounts)),
        id="and serves where none is",
    ),
    pytest.param(
        ruled(rule(1, client="codex_exec", models=("gpt-5",))),
        asks(model="", kind=RequestKind.MODELS),
        Scope(rule=RuleNumber(1)),
        id="the list of models is no use of one",
    ),
    pytest.param(
        ruled(WORK_RULE),
        asks("/play"),
        Scope(of_rule=frozenset(), refused=RefuseReason.RULE_FOLDER, subject="/play"),
        id="a folder that no rule covers is refused",
    ),
    pytest.param(
        ruled(WORK_RULE),
        asks(),
        Scope(of_rule=frozenset(), refused=RefuseReason.RULE_NO_FOLDER),
        id="work in no known folder is refused",
    ),
    pytest.param(
        ruled(WORK_RULE),
        asks(kind=RequestKind.OTHER),
        Scope(of_rule=frozenset(), refused=RefuseReason.RULE_NO_FOLDER),
        id="a search in no known folder is refused too",
    ),
    pytest.param(
        ruled(WORK_RULE),
        asks(kind=RequestKind.MODELS),
        EVERYBODY,
        id="the list of models is nobody's work",
    ),
    pytest.param(
        ruled(WORK_RULE, unknown=EVERYWHERE),
        asks("/play"),
        EVERYBODY,
        id="unknown folders may be served by everybody, if the user says so",
    ),
    pytest.param(
        ruled(WORK_RULE, unknown=Unknown(otherwise=Otherwise.POOL, pool=HOME.id)),
        asks("/play"),
        Scope(pool=HOME.id, of_rule=frozenset({B, C})),
        id="unknown folders may have a pool of their own",
    ),
    pytest.param(
        ruled(WORK_RULE, unknown=Unknown(otherwise=Otherwise.POOL)),
        asks("/play"),
        Scope(pool=PoolId(""), of_rule=frozenset()),
        id="an entry that lost its pool lets nobody serve",
    ),
    pytest.param(
        ruled(rule(1, model="o*", pool=WORK.id)),
        asks("/play"),
        EVERYBODY,
        id="without a folder rule no folder is unknown",
    ),
    pytest.param(
        ruled(),
        asks(pool=HOME.id),
        Scope(pool=HOME.id, of_caller=frozenset({B, C})),
        id="a token's pool counts without any rule",
    ),
    pytest.param(
        ruled(WORK_RULE),
        asks(pool=HOME.id),
        Scope(pool=HOME.id, of_caller=frozenset({B, C})),
        id="a tool with a pool of its own needs no folder",
    ),
    pytest.param(
        ruled(rule(1, model="gpt-*", pool=WORK.id)),
        asks(pool=HOME.id),
        Scope(
            rule=RuleNumber(1),
            pool=WORK.id,
            of_rule=frozenset({A, B}),
            of_caller=frozenset({B, C}),
        ),
        id="a token's pool and a rule both restrict",
    ),
    pytest.param(
        ruled(),
        asks(pool=GONE),
        Scope(pool=GONE, of_caller=frozenset()),
        id="a token whose pool has gone is served by nobody",
    ),
    pytest.param(
        State(rules=Rules(unreadable=True)),
        asks(),
        Scope(of_rule=frozenset(), refused=RefuseReason.RULES_UNREADABLE),
        id="rules that cannot be read forbid everything",
    ),
]


@pytest.mark.parametrize(("state", "facts", "scope"), SCOPES)
def test_what_the_rules_say(state: State, facts: Facts, scope: Scope) -> None:
    assert scope_of(facts, state) == scope


def test_no_rule_is_known_by_its_identity_so_that_it_costs_nothing() -> None:
    assert scope_of(asks("/firm"), State(pools={WORK.id: WORK})) is EVERYBODY


@pytest.mark.parametrize(
    ("scope", "because"),
    [
        pytest.param(EVERYBODY, None, id="nobody is left out of everybody"),
        pytest.param(Scope(of_rule=frozenset({A})), None, id="whom the rule lets serve"),
        pytest.param(Scope(of_rule=frozenset({B})), Because.EXCLUDED_BY_RULE, id="another's work"),
        pytest.param(Scope(of_caller=frozenset({B})), Because.NOT_IN_POOL, id="another's token"),
        pytest.param(
            Scope(of_rule=frozenset({B}), of_caller=frozenset({B})),
            Because.EXCLUDED_BY_RULE,
            id="the rule is named first",
        ),
    ],
)
def test_an_account_that_is_left_out_hears_why(scope: Scope, because: Because | None) -> None:
    verdict = outside(A, scope)
    if because is None:
        assert verdict is None
        return
    assert verdict is not None
    assert (verdict.eligible, verdict.state, verdict.because, verdict.until) == (
        False,
        AccountState.READY,
        because,
        None,
    )


folders = st.sampled_from(["", "/", "/firm", "/firm/a", "/firm/a/b", "/firms"]).map(Project)
patterns = st.sampled_from(["", "*", "gpt-*", MODEL, "g?t-6.1-sol", "*sol", "o*"])
rules = st.lists(
    st.builds(
        Rule,
        number=st.integers(1, 9).map(RuleNumber),
        folder=folders,
        model=patterns,
        client=st.sampled_from(["", "codex_exec", "codex*"]),
    ),
    max_size=6,
    unique_by=lambda one: one.number,
)


@given(rules, st.sampled_from([None, "/firm", "/firm/a/b", "/play"]), st.randoms())
def test_the_order_in_which_rules_are_kept_means_nothing(
    known: list[Rule], project: str | None, randoms: object
) -> None:
    found = ruling(asks(project), Rules(rules=tuple(known)))
    randoms.shuffle(known)  # type: ignore[attr-defined]
    assert ruling(asks(project), Rules(rules=tuple(known))) == found


@given(rules, folders)
def test_no_rule_with_a_deeper_folder_fits_than_the_one_that_counts(
    known: list[Rule], project: Project
) -> None:
    found = ruling(asks(project), Rules(rules=tuple(known)))
    deepest = max(
        (len(r.folder) for r in known if r.folder and covers(r.folder, project)), default=0
    )
    fits_all = [r for r in known if not r.model and not r.client and covers(r.folder, project)]
    if any(r.folder and len(r.folder) == deepest for r in fits_all):
        assert found is not None
        assert len(found.folder) == deepest
