"""An advice as SARIF 2.1.0, which code scanning and editors read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tensorlogic.advisor import Advice
from tensorlogic.advisor.checks import CHECKS
from tensorlogic.advisor.eligibility import Reason, Rule, rules
from tensorlogic.advisor.evidence import MEANINGS, Evidence
from tensorlogic.advisor.finding import Finding, Severity
from tensorlogic.report.obstacles import hindering
from tensorlogic.report.wording import LONGEST_SENTENCE, shown

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final[dict[str, Severity]] = {"no": "warning", "risk": "note"}
"""How much it matters that the Neural Engine does not, or may not, take an operation."""


class _Descriptor(NamedTuple):
    """A rule, before it is put into SARIF's words."""

    id: str
    level: Severity
    short: str
    help: str
    evidence: Evidence

    def as_dict(self) -> dict[str, Any]:
        """As SARIF describes a rule."""
        sources = self.evidence.addresses
        meaning = MEANINGS[self.evidence.confidence]
        return {
            "id": self.id,
            "shortDescription": {"text": self.short},
            "fullDescription": {"text": self.short},
            "help": {
                "text": f"{self.help}\n\nEvidence: {meaning}. {'; '.join(sources)}".strip(),
                "markdown": f"{self.help}\n\n*Evidence:* {meaning}.\n" + "".join(f"\n- {each}" for each in sources),
            },
            **({"helpUri": sources[0].split()[0]} if sources[0].startswith("https://") else {}),
            "defaultConfiguration": {"level": self.level},
            "properties": {"confidence": meaning, "sources": list(sources), "tags": ["core-ml", "neural-engine"]},
        }


class _Result(NamedTuple):
    """What is said of some operations, inputs or outputs."""

    rule: str
    level: Severity
    text: str
    where: tuple[str, ...]


def sarif(advice: Advice) -> dict[str, Any]:
    """A log with one run: its rules are those that the advice speaks of."""
    results = [*_of_findings(advice), *_of_operations(advice)]
    said = {each.rule for each in results}
    known = [*map(_of_finding, advice.findings), *(_of_rule(each) for each in rules() if each.id)]
    described = {each.id: each for each in reversed(known) if each.id in said}
    index = {id: number for number, id in enumerate(described)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(described)},
                "artifacts": [{"location": {"uri": _uri(advice)}, "roles": ["analysisTarget"]}],
                "results": [_result(each, index[each.rule], advice) for each in results],
                "properties": {"summary": advice.summary, "chip": advice.chip.name, "computeUnits": advice.units},
            }
        ],
    }


def _driver(described: dict[str, _Descriptor]) -> dict[str, Any]:
    from tensorlogic import __version__

    rules = [each.as_dict() for each in described.values()]
    return {"name": "tl advise", "semanticVersion": __version__, "rules": rules}


def _of_finding(finding: Finding) -> _Descriptor:
    help = f"{finding.why}\n\n{finding.change}".strip()
    return _Descriptor(finding.id, finding.severity, finding.title, help, finding.evidence)


def _of_rule(rule: Rule) -> _Descriptor:
    """What a rule is about: its check says it without the braces of the reason."""
    said = (CHECKS[rule.check].__doc__ or "") if rule.check else f"{rule.reason.format(type='such an operation')}."
    about = said[:1].upper() + said[1:]
    return _Descriptor(rule.id, _LEVELS.get(rule.verdict, "note"), about, rule.fix or about, rule.evidence)


def _of_findings(advice: Advice) -> Iterator[_Result]:
    for each in advice.findings:
        yield _Result(each.id, each.severity, f"{each.title}. {each.change}", each.where)


def _of_operations(advice: Advice) -> Iterator[_Result]:
    for placed, reason in hindering(advice):
        yield _Result(reason.rule, _LEVELS[reason.verdict], _sentence(reason), (placed.site.name,))


def _sentence(reason: Reason) -> str:
    manner = "is not expected to take" if reason.verdict == "no" else "may refuse"
    return (
        f"The Neural Engine {manner} this operation: {shown(reason.text, LONGEST_SENTENCE)}. {reason.fix or ''}".strip()
    )


def _result(result: _Result, index: int, advice: Advice) -> dict[str, Any]:
    function = advice.subject.function.name
    where = [{"name": name, "fullyQualifiedName": f"{function}/{name}", "kind": "operation"} for name in result.where]
    first = result.where[0] if result.where else ""
    return {
        "ruleId": result.rule,
        "ruleIndex": index,
        "level": result.level,
        "message": {"text": result.text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(advice), "index": 0}},
                **({"logicalLocations": where} if where else {}),
            }
        ],
        "partialFingerprints": {"operation/v1": f"{result.rule}:{function}/{first}"},
    }


def _uri(advice: Advice) -> str:
    """The model's path as a URI: relative where the path is."""
    path = PurePath(advice.subject.path)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
