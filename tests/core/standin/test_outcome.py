from core.standin import replies
from core.standin.outcome import Outcome, scripted, violated
from core.standin.replies import Reply
from core.standin.script import Cut, Fails


def test_a_violation_is_refused_with_its_own_sentence() -> None:
    outcome = violated("the header via must not be forwarded")
    assert isinstance(outcome.answer, Reply)
    assert outcome.answer.status == 400
    assert outcome.violation is not None
    assert outcome.violation.encode() in outcome.answer.body


def test_a_scripted_reply_keeps_what_happens_to_its_bytes() -> None:
    reply, cut = replies.server_error(), Cut(after_events=0)
    assert scripted((cut, reply)) == Outcome(reply, (cut, reply))


def test_other_effects_put_nothing_in_place_of_the_answer() -> None:
    assert scripted((Fails("server_error"), Cut())) is None
    assert scripted(()) is None
