"""The scanner finds what the parser finds, wherever it stands in the text."""

import tomllib

import pytest
from hypothesis import given, settings

from core.binding.toml_root import UnscannableError, scan_root
from tests.core.binding.toml_documents import documents


def found(text: str) -> dict[tuple[str, ...], str]:
    """Key → value as written."""
    return {s.key: text[s.value_start : s.value_end] for s in scan_root(text)}


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("", {}, id="an empty file has none"),
        pytest.param("# a = 1\n", {}, id="a comment is no statement"),
        pytest.param("a = 1 # b = 2\n", {("a",): "1"}, id="a comment ends the value"),
        pytest.param("a = 1\n[t]\nb = 2", {("a",): "1"}, id="the first header ends the root"),
        pytest.param(" [t]\nb = 2", {}, id="an indented header ends it too"),
        pytest.param("[[t]]\nb = 2", {}, id="so does an array of tables"),
        pytest.param('a = "#]" #\n', {("a",): '"#]"'}, id="a string hides comment signs"),
        pytest.param(r'a = "\"#"', {("a",): r'"\"#"'}, id="an escaped quote ends no string"),
        pytest.param(r"a = 'c:\' # x", {("a",): r"'c:\'"}, id="a literal string has no escapes"),
        pytest.param('a = """\n[t]\n"""\nb = 1', {("a",): '"""\n[t]\n"""', ("b",): "1"}, id="long"),
        pytest.param('a = """x"""""\n', {("a",): '"""x"""""'}, id="two more quotes at the end"),
        pytest.param('a = """"x"" """', {("a",): '""""x"" """'}, id="quotes inside a long one"),
        pytest.param("a = ''''x'' '''", {("a",): "''''x'' '''"}, id="the same in a long literal"),
        pytest.param("a = \"\"\nb = ''", {("a",): '""', ("b",): "''"}, id="empty strings"),
        pytest.param(
            "a = [ # ]\n 1, [']'],\n] # x\n",
            {("a",): "[ # ]\n 1, [']'],\n]"},
            id="an array ends at its own bracket",
        ),
        pytest.param("a = {b = '}'}", {("a",): "{b = '}'}"}, id="an inline table likewise"),
        pytest.param("a = 1979-05-27 07:32:00 # x", {("a",): "1979-05-27 07:32:00"}, id="a date"),
        pytest.param("a = 1\t \r\n", {("a",): "1"}, id="trailing white space is not the value"),
        pytest.param("a . 'b.c' = 1", {("a", "b.c"): "1"}, id="dotted keys are parts"),
        pytest.param('"a\\u002Eb" = 1', {("a.b",): "1"}, id="escapes in keys are decoded"),
        pytest.param('"" = 1', {("",): "1"}, id="an empty key is a key"),
    ],
)
def test_each_root_statement_is_found_to_the_character(
    text: str, statements: dict[tuple[str, ...], str]
) -> None:
    tomllib.loads(text)
    assert found(text) == statements


@settings(deadline=None, max_examples=200)
@given(document=documents())
def test_every_generated_value_is_what_the_parser_reads(document: bytes) -> None:
    text = document.decode().removeprefix("\ufeff")
    parsed = tomllib.loads(text, parse_float=str)
    values = found(text)
    assert {key for (key,) in values} == parsed.keys() - {"tables"}
    for (key,), literal in values.items():
        assert tomllib.loads(f"value = {literal}", parse_float=str)["value"] == parsed[key]


@pytest.mark.parametrize("text", ["a", "a 1", 'a = "', "a = [1", "a = '''x''", "= 1"])
def test_text_that_is_no_toml_is_not_guessed_at(text: str) -> None:
    with pytest.raises(UnscannableError):
        scan_root(text)
