"""What hover says where types are known, and where a place is after a change."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls")

from tensorlogic.editor.describing import hover
from tensorlogic.editor.documents import Documents
from tensorlogic.editor.drift import carried
from tensorlogic.lang import Span


def test_inferred_types_are_shown(tmp_path: Path) -> None:
    documents, path = Documents(), tmp_path / "t.tl"
    text = "let x = zeros(2, 3)\nprint(x)"
    documents.put(path, path.as_uri(), text)
    document = documents.get(path)
    assert document.analysis is not None
    use = Span(text.rindex("x"), text.rindex("x") + 1)
    assert hover(document, use.start, documents) == ("```tl\nx: float32[2, 3]\n```", use)


def test_what_has_not_changed_is_not_analyzed_again(tmp_path: Path) -> None:
    documents, main, part = Documents(), tmp_path / "main.tl", tmp_path / "part.tl"
    part.write_text("let one = 1")
    documents.put(main, main.as_uri(), 'import "part.tl"\nprint(one)')
    before = documents.get(main)
    assert documents.get(main) is before
    part.write_text("let uno = 1")
    assert [d.message for d in documents.get(main).diagnostics] == ["nothing is named `one`"]
    part.write_text("let one = 2")
    assert documents.get(main).diagnostics == ()


# The text as it is now, with a place, and as it was, with what the place was.
DRIFTS = [
    ("ab|c", "ab|c"),
    ("xx ab|c", "ab|c"),
    ("abc xx de|f", "abc de|f"),
    ("abc de|f", "abc xx de|f"),
    ("abc x|x def", "abc |def"),
    ("new|", "|"),
    ("aa|a", "aa|"),
]


@pytest.mark.parametrize(("now", "then"), DRIFTS)
def test_places_are_found_again(now: str, then: str) -> None:
    assert carried(now.index("|"), now.replace("|", ""), then.replace("|", "")) == then.index("|")
