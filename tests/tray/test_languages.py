"""Three languages: whole catalogues, chosen as the person reads, letters that mean one thing."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from core.domain.sentence import Sentence
from core.runtime.language import local_speech, wanted_language
from core.words.speech import Speech
from tests.tray import answers, usage_answers
from tests.tray.catalogue import (
    LANGUAGES,
    compiled,
    compiled_path,
    filled_too_early,
    kept,
    sentences,
)
from tests.tray.gallery_world import empty, trouble, usual
from tests.tray.present.test_menu import levels
from tests.tray.snapshots import NOW, account, snapshot
from tray.present.account_details import account_details
from tray.present.entries import Choice
from tray.present.menu import menu
from tray.present.panel import panel


def speech(language: str) -> Speech:
    return local_speech(language, {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_program_reads_what_translators_wrote(language: str) -> None:
    path = compiled_path(language)
    assert path.read_bytes() == compiled(language), "run `python -m tests.tray.catalogue`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_said_has_its_translation(language: str) -> None:
    known = {message.id: message.string for message in kept(language)}
    missing = [text for text in sentences() if not known.get(text)]
    assert missing == [], "run `python -m tests.tray.catalogue`, and translate"


def test_nothing_is_filled_before_a_translator_could_find_it() -> None:
    assert [f"{place}:{line}" for place, line in filled_too_early()] == [], "use `Sentence`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_fills_what_its_sentence_fills(language: str) -> None:
    for message in kept(language):
        if message.id and message.string:
            assert fields(str(message.string)) == fields(str(message.id)), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_a_menu_means_one_thing(language: str) -> None:
    report = snapshot(account(1), account(2, "R&D"))
    for letters in levels(menu(report, speech=speech(language), now=NOW)):
        assert "" not in letters
        assert len(set(letters)) == len(letters), letters


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_an_account_means_one_thing(language: str) -> None:
    report = snapshot(account())
    shown = account_details(report.accounts[0], report, speech=speech(language), now=NOW)
    letters = [letter(choice) for choice in (*shown.actions, *shown.policies)]
    assert len(set(letters)) == len(letters), letters


def test_pictures_say_what_the_program_says() -> None:
    made = (answers.why(), answers.simulated(), answers.well(), answers.unwell())
    verdicts = [report().verdict.text for report in (usual, trouble, empty)]
    said = set(patterns([*made, *verdicts, usage_answers.forecast()]))
    assert len(said) > 20
    assert said - set(sentences()) == set()


def patterns(made: object) -> Iterator[str]:
    """Every sentence in an answer, as it stands in the code."""
    match made:
        case Sentence():
            yield made.pattern
            yield from patterns(list(made.values.values()))
        case list():
            for part in made:
                yield from patterns(part)
        case dict():
            yield from patterns(list(made.values()))


def test_panel_speaks_the_person_s_language() -> None:
    report = snapshot(account(state="needs_sign_in"))
    said = {
        language: panel(report, speech=speech(language), now=NOW).rows[0].state
        for language in ("en", *LANGUAGES)
    }
    assert said == {
        "en": "needs a new sign-in",
        "de": "neue Anmeldung nötig",
        "zh_CN": "需要重新登录",
    }


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        pytest.param({"LANG": "de_AT.UTF-8"}, "de", id="a country's German"),
        pytest.param({"LANG": "C.UTF-8"}, "en", id="no language"),
        pytest.param({"LANG": "de_DE", "LC_ALL": "en_US"}, "en", id="LC_ALL wins over LANG"),
        pytest.param({"LANG": "en_US", "LANGUAGE": "fr:de"}, "de", id="the first that we speak"),
        pytest.param({"LANG": "zh_CN.UTF-8"}, "zh_CN", id="simplified Chinese"),
        pytest.param({"LANG": "zh_TW.UTF-8"}, "en", id="traditional Chinese is not ours"),
        pytest.param({"LANG": "zh-Hant-HK"}, "en", id="the same, in another spelling"),
        pytest.param({"LANG": "xx_YY"}, "en", id="a language that nobody speaks here"),
        pytest.param({}, "de", id="nothing said: the machine's own"),
    ],
)
def test_language_follows_the_environment(environment: dict[str, str], language: str) -> None:
    assert wanted_language(environment, machine="German_Germany") == language


def test_language_that_is_not_there_is_english(caplog: pytest.LogCaptureFixture) -> None:
    assert speech("xx").say("Accounts") == "Accounts"
    assert "xx" in caplog.text


def test_days_and_months_are_said_as_the_language_does() -> None:
    far = NOW.replace(month=12, day=3)
    assert clock(far, "de") == "3. Dez."
    assert clock(far, "zh_CN") == "12月3日"


def clock(moment: datetime, language: str) -> str:
    return speech(language).clock(moment, NOW)


def letter(choice: Choice) -> str:
    plain = choice.text.replace("&&", "")
    return plain[plain.index("&") + 1].lower()


def fields(text: str) -> list[str]:
    return sorted(re.findall(r"\{[^}]*\}", text))
