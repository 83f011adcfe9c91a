"""What an attempt teaches about its account."""

from datetime import UTC, datetime

import pytest

from core.domain.account import AccountId
from core.domain.facts import Facts, RequestKind
from core.domain.observed import Observed
from core.domain.outcome import (
    Failing,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Served,
    Unauthorized,
    Unreachable,
)
from core.proxy.lessons import NO_TOKEN, lesson_of, word_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
A = AccountId("acc_a")
LIMITED = Limited(reason=LimitReason.USAGE_LIMIT, until=None)


@pytest.mark.parametrize(
    ("kind", "outcome", "taught"),
    [
        pytest.param(RequestKind.RESPONSES, LIMITED, True, id="a turn's limit blocks"),
        pytest.param(RequestKind.OTHER, LIMITED, False, id="a search's limit does not"),
        pytest.param(RequestKind.RESPONSES, Served(status=200), True, id="a turn that was served"),
        pytest.param(
            RequestKind.MODELS, Served(status=200), False, id="a catalogue proves nothing"
        ),
        pytest.param(
            RequestKind.OTHER, Failing(status=500, code=""), False, id="a search may fail alone"
        ),
        pytest.param(RequestKind.MODELS, Unauthorized(code="x"), True, id="a 401 counts anywhere"),
        pytest.param(RequestKind.MODELS, Gone(status=402, code="x"), True, id="so does a 402"),
        pytest.param(
            RequestKind.RESPONSES,
            Unauthorized(code=NO_TOKEN),
            False,
            id="no token: whoever said so has learned why",
        ),
    ],
)
def test_an_outcome_teaches(kind: RequestKind, outcome: Outcome, taught: bool) -> None:
    lesson = lesson_of(A, outcome, Facts(kind=kind, model="m"), sent_at=NOW, now=NOW)
    after = lesson(Observed())[0] if lesson is not None else Observed()
    assert (after != Observed()) is taught


def test_the_ledger_names_outcomes_in_words() -> None:
    assert word_of(Served(status=200)) == "served"
    assert word_of(Unreachable(detail="")) == "unreachable"
