"""Write docs/engines.md: which engine runs which operation. Run as `python -m scripts.engines_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.ops.deviations import DEVIATIONS, Deviation
from tests.ops.harness import Case
from tests.ops.tables import every_case

from tensorlogic.lower import onnx, torch
from tensorlogic.mil.ops import declarations

PAGE = Path(__file__).resolve().parent.parent / "docs" / "engines.md"

# What each engine is called here, and what has its operations.
ENGINES = {
    "torch": ("PyTorch", torch.implementation),
    "onnxruntime": ("ONNX Runtime", onnx.implementation),
    "openvino": ("OpenVINO", onnx.implementation),
}

_ABOUT = """\
<!-- Written by `python -m scripts.engines_page`; do not edit. -->

# Engines

| engine | devices | precisions |
| --- | --- | --- |
| `onnxruntime` | CPU | f32 |
| `openvino`, an extra: `pip install 'tensorlogic-lang[openvino]'` | CPU | f32, bf16 |
| `torch` | CPU, CUDA, MPS | f32, f16, bf16 |

PyTorch is the reference: every operation runs on it, and the others are held against it and against expected values on
every case of `tests/ops`. `engine="auto"` takes the first engine in this order that runs the model on the device and in
the precision that are asked for; a model that one refuses runs on the next.

*partly* means that the engine refuses some uses of the operation, and says so when the model is loaded. Numbers stand
for the [notes](#notes).
"""


def page() -> str:
    """The whole page."""
    names: dict[str, list[str]] = {op.name: [] for op in declarations()}
    for case in every_case():
        if isinstance(case, Case):
            names[case.op].append(str(case))
    return "\n".join([_ABOUT, *_table(names), *_notes()])


def _table(names: dict[str, list[str]]) -> Iterator[str]:
    yield "## Operations\n"
    yield f"| operation | {' | '.join(title for title, _ in ENGINES.values())} |"
    yield f"| --- |{' --- |' * len(ENGINES)}"
    for name, cases in sorted(names.items()):
        yield f"| {name} | {' | '.join(_cell(name, cases, engine) for engine in ENGINES)} |"
    yield ""


def _cell(name: str, cases: list[str], engine: str) -> str:
    implementation = ENGINES[engine][1]
    if not all(implementation(op) for op in declarations() if op.name == name):
        return "no"
    fitting = {case: [row for row in DEVIATIONS if row.engine == engine and row.pattern.search(case)] for case in cases}
    refused = [case for case, rows in fitting.items() if any(row.is_refused for row in rows)]
    numbers = sorted({DEVIATIONS.index(row) + 1 for rows in fitting.values() for row in rows})
    answer = "yes" if not refused else "no" if len(refused) == len(cases) else "partly"
    return " ".join([answer, ", ".join(map(str, numbers))]).strip()


def _notes() -> Iterator[str]:
    yield "## Notes\n"
    for number, row in enumerate(DEVIATIONS, 1):
        yield f"{number}. {ENGINES[row.engine][0]} {_verb(row)}{_precision(row)}: {row.why}."
    yield ""


def _verb(row: Deviation) -> str:
    return "refuses" if row.is_refused else "differs"


def _precision(row: Deviation) -> str:
    return f" in {row.precision}" if row.precision else ""


if __name__ == "__main__":
    PAGE.write_text(page())
