"""What `doctor` found, as text: what is wrong comes first, with its next step; then the sum."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.cli.reader import Reader, Record, entries, record

_SIGNS: Mapping[str, str] = MappingProxyType({"good": "✓", "unknown": "·", "odd": "!", "bad": "✗"})
_WORST_FIRST = ("bad", "odd", "unknown", "good")


def render_doctor(result: Record, reader: Reader) -> str:
    """A block for each finding that wants somebody, a line for each other, and the sum."""
    findings = sorted(
        (record(one) for one in entries(result["findings"])),
        key=lambda one: _WORST_FIRST.index(str(one["health"])),
    )
    width = max((len(str(one["check"])) for one in findings), default=0)
    lines = [line for one in findings for line in _finding(one, width, reader)]
    return "\n".join([*lines, "", *_sum(findings, result, reader)])


def _finding(finding: Record, width: int, reader: Reader) -> Iterator[str]:
    sign = _SIGNS.get(str(finding["health"]), "?")
    yield f"{sign} {str(finding['check']).ljust(width)}  {finding['title']}: {finding['text']}"
    indent = " " * (width + 4)
    if finding["hint"]:
        yield f"{indent}→ {finding['hint']}"
    if finding["fix"]:
        yield indent + reader.say("--fix: {change}", change=finding["fix"])


def _sum(findings: list[Record], result: Record, reader: Reader) -> Iterator[str]:
    counts = {health: _count(findings, health) for health in _WORST_FIRST}
    yield reader.say(
        "{all} checks: {good} good, {odd} odd, {bad} bad, {unknown} could not be looked at.",
        all=len(findings),
        **counts,
    )
    mendable = [str(one["check"]) for one in findings if one["fix"]]
    fixed = ", ".join(str(one) for one in entries(result["fixed"]))
    if fixed and result["dry_run"]:
        yield reader.say("`--fix` would mend: {checks}.", checks=fixed)
    elif fixed:
        yield reader.say("Mended: {checks}.", checks=fixed)
    elif mendable:
        yield reader.say("`turntable doctor --fix` mends: {checks}.", checks=", ".join(mendable))


def _count(findings: list[Record], health: str) -> int:
    return sum(one["health"] == health for one in findings)
