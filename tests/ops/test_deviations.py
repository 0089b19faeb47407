"""That every deviation of an engine that is written down is one of some case."""

from __future__ import annotations

import pytest

from .deviations import DEVIATIONS, Deviation
from .tables import every_case

NAMES = [str(each) for each in every_case()]


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: f"{row.engine}: {row.why}")
def test_a_deviation_fits_a_case(row: Deviation) -> None:
    assert any(row.pattern.search(name) for name in NAMES)
