"""Documents that a config.toml could be: generated, and collected in `tests/data/toml`."""

from pathlib import Path

from hypothesis import strategies as st

KEY = "openai_base_url"
COLLECTED = sorted((Path(__file__).parents[2] / "data" / "toml").glob("*.toml"))

_BARE = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True).filter(
    lambda key: key not in {KEY, "tables"}
)
_PLAIN = st.text(
    st.characters(min_codepoint=0x20, exclude_characters="\"'\\\x7f", exclude_categories=["C"]),
    max_size=10,
)
# What a scanner could take for structure, inside a string.
_TRAPS = st.sampled_from(
    ["#", "[t]", "]", "}", "{", "=", KEY, f"{KEY} = 1", "\\n", "\\\\", '\\"', ",", "''", " "]
)
_CONTENT = st.lists(st.one_of(_PLAIN, _TRAPS), max_size=4).map("".join)


def _basic(content: str) -> str:
    return f'"{content}"'


def _literal(content: str) -> str:
    return "'" + content.replace("'", "") + "'"


def _long(quote: str) -> st.SearchStrategy[str]:
    lines = st.lists(
        st.one_of(_CONTENT, st.just(f"{KEY} = 'x'"), st.just("[table]"), st.just("# no comment")),
        max_size=4,
    )
    if quote == "'":
        lines = st.lists(st.one_of(_PLAIN, st.just("[table]"), st.just("'' '")), max_size=4)
    ends = st.sampled_from(["", quote, quote * 2])
    return st.builds(
        lambda lines, end: quote * 3 + "\n".join(lines) + " " + end + quote * 3, lines, ends
    )


STRINGS = st.one_of(_CONTENT.map(_basic), _CONTENT.map(_literal), _long('"'), _long("'"))
_SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.sampled_from(
        ["true", "nan", "-inf", "1e5", "0xFF", "1979-05-27 07:32:00Z", "07:32:00", "1979-05-27"]
    ),
    STRINGS,
)
_SPACES = st.sampled_from(["", " ", "\t", "  "])


def _array(items: list[str], gap: str) -> str:
    return "[" + gap + f",{gap}".join(items) + gap + "]"


def _inline(items: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}" = {value}' for key, value in items.items()) + "}"


_GAPS = st.sampled_from(["", " ", "\n  ", " # ] } not the end\n", "\n\n"])
_FLAT = st.one_of(_CONTENT.map(_basic), _CONTENT.map(_literal), st.integers().map(str))
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.builds(_array, st.lists(inner, max_size=3), _GAPS),
        st.dictionaries(_BARE, _FLAT, max_size=3).map(_inline),
    ),
    max_leaves=4,
)

_COMMENTS = st.one_of(
    st.just(""), _PLAIN.map("# {}".format), st.just("# [not a table]"), st.just(f"# {KEY} = 1")
)


@st.composite
def _statement(draw: st.DrawFn, key: str, values: st.SearchStrategy[str]) -> str:
    quote = draw(st.sampled_from(["", '"', "'"]))
    parts = [draw(_SPACES), f"{quote}{key}{quote}", draw(_SPACES), "=", draw(_SPACES)]
    return "".join([*parts, draw(values), draw(_SPACES), draw(_COMMENTS)])


_FILLER = st.one_of(_COMMENTS, _SPACES)


@st.composite
def documents(draw: st.DrawFn, *, with_key: bool | None = None) -> bytes:
    """A valid TOML file; `with_key` says whether the root holds the key (None: either)."""
    keys = draw(st.lists(_BARE, max_size=5, unique=True))
    lines = [draw(_statement(key, VALUES)) for key in keys]
    if draw(st.booleans()) if with_key is None else with_key:
        place = draw(st.integers(0, len(lines)))
        lines.insert(place, draw(_statement(KEY, VALUES)))
    for filler in draw(st.lists(_FILLER, max_size=4)):
        lines.insert(draw(st.integers(0, len(lines))), filler)
    for number in range(draw(st.integers(0, 3))):
        header = draw(st.sampled_from(["[tables.{}]", "[[tables.{}]]", "  [ tables . {} ] # t"]))
        lines.append(header.format(f"t{number}"))
        lines.extend(draw(st.lists(_FILLER, max_size=2)))
        if draw(st.booleans()):
            lines.append(draw(_statement(KEY, VALUES)))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    return (draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline)).encode()
