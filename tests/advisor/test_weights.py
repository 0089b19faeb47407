"""What is expected of operations by how their weights are stored, in packages that coremltools compresses."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorlogic.advisor import Advice, advise
from tensorlogic.advisor.eligibility import Eligibility
from tests.malformed.compressed_package import PALETTE, Constant, Expression, halves, numbers, weight, write
from tests.models.compressing import (
    ASYMMETRIC,
    BLOCKS,
    GROUPS,
    PRUNE,
    WHOLE,
    cluster,
    compress,
    convert,
    palettize,
    quantize,
)

pytestmark = pytest.mark.filterwarnings("ignore")

SCALES = {**GROUPS, "enable_per_channel_scale": True}

# The rules that speak of both operations, and the release and the steps that make the package.
CASES = [
    ((), "iOS16", quantize("int8")),
    ((), "iOS16", quantize("int8", **WHOLE)),
    ((), "iOS16", palettize(4)),
    ((), "iOS16", PRUNE),
    ((), "iOS18", quantize("int4")),
    ((), "iOS18", quantize("uint8", **ASYMMETRIC, **WHOLE)),
    ((), "iOS18", palettize(4, **GROUPS)),
    ((), "iOS18", palettize(2, **GROUPS, channel_axis=1)),
    ((), "iOS18", cluster(2, 2)),
    ((), "iOS18", PRUNE, palettize(4, **GROUPS)),
    ((), "iOS18", PRUNE, quantize("int8")),
    (("weight-blocks",), "iOS18", quantize("int4", **BLOCKS)),
    (("weight-blocks",), "iOS18", quantize("int8", **ASYMMETRIC, **BLOCKS)),
    (("weight-blocks",), "iOS18", PRUNE, quantize("int4", **BLOCKS)),
    # coremltools scales the entries of each palette for every column: 4 x 512 palettes.
    (("weight-palette-blocks",), "iOS18", palettize(2, **SCALES)),
    (("weight-palette-integers",), "iOS18", palettize(4, **GROUPS), quantize("int8", **WHOLE)),
    (("weight-palette-integers",), "iOS18", PRUNE, palettize(4), quantize("int8", **WHOLE)),
]


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {release: convert(release) for release in ("iOS16", "iOS18")}


def advised(model: Any, folder: Path) -> Advice:
    model.save(str(folder / "m.mlpackage"))
    return advise(folder / "m.mlpackage")


def verdicts(advice: Advice) -> dict[str, Eligibility]:
    """Of the operations that take weights, by their types."""
    of_type = {placed.site.type: placed.eligibility for placed in advice.placement.operations}
    return {type: of_type[type] for type in ("conv", "linear")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join((case[1], *(repr(step[2]) for step in case[2:]))))
def test_what_coremltools_compresses(case: tuple[Any, ...], networks: dict[str, Any], tmp_path: Path) -> None:
    rules, release, *steps = case
    found = verdicts(advised(compress(networks[release], tuple(steps)), tmp_path))
    said = {type: tuple(reason.rule for reason in each.reasons) for type, each in found.items()}
    assert said == {"conv": rules, "linear": rules}
    wanted = "yes" if not rules else "risk" if rules == ("weight-palette-integers",) else "no"
    assert {each.verdict for each in found.values()} == {wanted}


def test_what_is_said_of_blocks(networks: dict[str, Any], tmp_path: Path) -> None:
    """Blocks of 4 input channels: 4 x 3 x 3 numbers of the convolution's weight share a scale."""
    found = verdicts(advised(compress(networks["iOS18"], (quantize("int4", **BLOCKS),)), tmp_path))
    texts = {type: each.reasons[0].text for type, each in found.items()}
    assert "a scale for each block of 36 numbers" in texts["conv"]
    assert "a scale for each block of 4 numbers" in texts["linear"]
    assert all(each.reasons[0].evidence.confidence == "S" for each in found.values())


SIZE = 8
INDICES = numbers("UINT4", SIZE, SIZE)
PALETTIZED = Expression(
    "constexpr_lut_to_dense", {"indices": INDICES, "lut": PALETTE}, {"palettized": ("FLOAT16", (SIZE, SIZE))}
)


def palettes(*blocks: int) -> list[Expression]:
    lut = Constant("FLOAT16", (*blocks, 16, 1), np.zeros((*blocks, 16, 1), np.float16))
    return [Expression("constexpr_lut_to_dense", {"indices": INDICES, "lut": lut}, weight(SIZE))]


def scaled(*blocks: int) -> list[Expression]:
    given = {"data": "palettized", "scale": halves(*blocks)}
    return [PALETTIZED, Expression("constexpr_blockwise_shift_scale", given, weight(SIZE))]


# What coremltools does not make: the expressions of the weight of a linear layer, and the rule that speaks of it.
OTHERS = {
    "a palette": (palettes(1, 1), ()),
    "palettes for rows": (palettes(8, 1), ()),
    "palettes for groups of columns": (palettes(1, 2), ()),
    "palettes for blocks": (palettes(8, 2), ("weight-palette-blocks",)),
    "a palette and a scale": (scaled(1, 1), ()),
    "a palette and scales for rows": (scaled(8, 1), ()),
    "a palette and scales for groups of rows": (scaled(2, 1), ("weight-palette-scales",)),
    "a palette and scales for blocks": (scaled(8, 2), ("weight-palette-scales",)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_others_write(name: str, tmp_path: Path) -> None:
    expressions, rules = OTHERS[name]
    write(tmp_path / "m.mlpackage", SIZE, expressions)
    (placed,) = advise(tmp_path / "m.mlpackage").placement.operations
    assert tuple(reason.rule for reason in placed.eligibility.reasons) == rules
    assert placed.eligibility.verdict == ("no" if rules else "yes")
