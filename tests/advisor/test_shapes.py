"""Models whose inputs have several shapes are advised about with the default ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from tensorlogic.advisor import advise, shapes
from tests.advisor.programs import trace


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = nn.Sequential(nn.Linear(8, 32), nn.LayerNorm(32), nn.Linear(32, 8))
    return trace(tmp_path_factory.mktemp("several") / "m.mlpackage", module, [(1, 4, 8), (1, 6, 8)])


def test_sizes_are_those_of_the_default_shape(several: Path) -> None:
    advice = advise(several)
    found = {placed.site.type: placed for placed in advice.placement.operations if placed.site.type != "cast"}
    assert found["layer_norm"].site.result.shape == (1, 4, 32)
    assert found["linear"].work.flops == 2 * 4 * 32 * 8
    assert {type: each.eligibility.verdict for type, each in found.items()} == {"linear": "yes", "layer_norm": "no"}
    assert advice.estimates


def test_what_cannot_be_computed_stays_unknown(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_shapes", lambda found: {}[found])
    advice = advise(several)
    assert {placed.eligibility.verdict for placed in advice.placement.operations} == {"no"}
    assert not advice.estimates
