"""Runs programs for tests: what they print, or how they fail."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tensorlogic.errors import Diagnostic, SourcePlace, TensorLogicError
from tensorlogic.runtime import run_source


def output(text: str, **options: Any) -> str:
    """What a program prints, without the last newline."""
    out = io.StringIO()
    run_source(text, "t.tl", out, **options)
    return out.getvalue().removesuffix("\n")


def failure(text: str, **options: Any) -> Diagnostic:
    """The one finding that a program fails with."""
    with pytest.raises(TensorLogicError) as caught:
        output(text, **options)
    (found,) = caught.value.diagnostics
    return found


def under_the_caret(diagnostic: Diagnostic) -> tuple[int, str]:
    """The line of a finding, and the text that its caret marks."""
    place = diagnostic.place
    assert isinstance(place, SourcePlace)
    return place.line, place.text[place.column - 1 : place.column - 1 + place.length]
