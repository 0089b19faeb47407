"""What f16 does to a model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.verification.lockstep import Way
from tensorlogic.advisor.verification.outputs import Agreement
from tensorlogic.advisor.verification.troubles import Checked, findings

CAVEAT: Final = (
    "f16 is computed here as PyTorch does on a CPU, with sums in f32. The Neural Engine may sum in f16, and makes "
    "zeros of numbers below 6.1e-5 (--flush-subnormals does so here), so expect somewhat larger errors there."
)
RANDOM: Final = "The inputs {names} were made up. Random numbers show less than real data: give some with --data."


@dataclass(frozen=True)
class Compared:
    """The outputs beside those of a reference."""

    path: str
    f16: tuple[Agreement, ...]
    f32: tuple[Agreement, ...]
    """The same with the program in f32: what differs here is not due to f16."""
    unmatched: tuple[str, ...]
    """Outputs that the reference does not have."""

    @property
    def ok(self) -> bool:
        """Whether the answers are the same."""
        return all(each.ok for each in self.f16)


@dataclass(frozen=True)
class Verification:
    """What f16 does to a function of a model."""

    path: str
    function: str
    way: Way
    samples: int
    made_up: tuple[str, ...]
    """Inputs of random numbers."""
    checked: tuple[Checked, ...]
    outputs: tuple[Agreement, ...]
    """In f16 beside f32."""
    against: Compared | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Where trouble begins, the worst first."""
        return findings(self.checked, all(each.ok for each in self.outputs))

    @property
    def ok(self) -> bool:
        """Whether no operation overflows or gives NaN, and every answer is the same."""
        sound = all(finding.severity == "note" for finding in self.findings)
        return sound and all(each.ok for each in self.outputs) and (self.against is None or self.against.ok)

    @property
    def first(self) -> Checked | None:
        """Where the worst trouble begins; of several, the first in the program."""
        worst = next(iter(self.findings), None)
        return None if worst is None else next(each for each in self.checked if each.name == worst.where[0])

    @property
    def affected(self) -> int:
        """How many operations go wrong only because of others."""
        return sum(bool(each.kinds) and not each.begins for each in self.checked)

    @property
    def operations(self) -> tuple[Checked, ...]:
        """What was computed, without inputs and constants."""
        return tuple(each for each in self.checked if each.type not in ("input", "const"))

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to know about the result."""
        names = ", ".join(self.made_up)
        return (*([RANDOM.format(names=names)] if names else ()), CAVEAT)

    @property
    def verdict(self) -> str:
        """One or two sentences."""
        where = f"{len(self.operations)} operations, {_counted(self.samples, 'sample')}"
        mode = "" if self.way.precision == "f16" else ", were it converted to f16"
        if self.ok:
            return f"No trouble found{mode}: {where}. {_answer(self.outputs)}"
        first = self.first
        begins = f"It begins at {first.name} ({first.type}): {', '.join(first.begins)}. " if first else ""
        return f"Trouble found{mode}: {where}. {begins}{_answer(self.outputs)}{_beside(self.against)}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``. What is infinite or NaN is null."""
        return _plain(  # type: ignore[no-any-return]
            {
                "path": self.path,
                "function": self.function,
                "f16": "as declared" if self.way.precision == "f16" else "everywhere",
                "flush_subnormals": self.way.flush,
                "samples": self.samples,
                "made_up": self.made_up,
                "ok": self.ok,
                "verdict": self.verdict,
                "findings": [each._asdict() for each in self.findings],
                "operations": [{**asdict(each), "kinds": each.kinds} for each in self.checked],
                "outputs": [_output(each) for each in self.outputs],
                "against": self.against
                and {
                    "path": self.against.path,
                    "ok": self.against.ok,
                    "f16": [_output(each) for each in self.against.f16],
                    "f32": [_output(each) for each in self.against.f32],
                    "unmatched": self.against.unmatched,
                },
                "caveats": self.caveats,
            }
        )


def _output(each: Agreement) -> dict[str, Any]:
    return {**asdict(each), "ok": each.ok}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _answer(outputs: Iterable[Agreement]) -> str:
    """What becomes of the outputs."""
    other = [each for each in outputs if not each.ok]
    if other:
        return f"The answer changes: {'; '.join(map(_change, other))}."
    ranked = [each.ranking for each in outputs if each.ranking is not None]
    rows = _counted(sum(each.rows for each in ranked), "row")
    return f"The outputs agree{f', and the highest score is the same in {rows}' if ranked else ''}."


def _change(output: Agreement) -> str:
    """How an output is another one."""
    ranking = output.ranking
    if output.labels:
        return f"{output.name!r} is another label in {_counted(output.labels, 'sample')}"
    if ranking is not None and ranking.top1:
        rows = f"{ranking.top1} of {_counted(ranking.rows, 'row')}"
        return f"the highest score of {output.name!r} is another in {rows}, where it led by {ranking.lost:.2g} at most"
    return f"{output.name!r} has {', '.join(output.difference.kinds) or 'other values'}"


def _beside(against: Compared | None) -> str:
    if against is None or against.ok:
        return ""
    also = "; so it is in f32: the cause is not f16" if not all(each.ok for each in against.f32) else ""
    return f" The outputs are not those of {Path(against.path).name}{also}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
