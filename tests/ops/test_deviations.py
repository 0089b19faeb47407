"""What is written down of engines that deviate, and the page that shows it."""

from __future__ import annotations

import pytest
from scripts.engines_page import PAGE, page

from .deviations import DEVIATIONS, Deviation
from .tables import every_case

NAMES = [str(each) for each in every_case()]


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: f"{row.engine}: {row.why}")
def test_a_deviation_fits_a_case(row: Deviation) -> None:
    assert any(row.pattern.search(name) for name in NAMES)


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "python -m scripts.engines_page"
