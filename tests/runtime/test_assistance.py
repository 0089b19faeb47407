"""What the prompt offers behind a text, and what it says about names."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.parser import DECLARED_BY
from tensorlogic.lang.words import WORDS
from tensorlogic.runtime.assistance import completions, help_about
from tensorlogic.runtime.interactive import Interaction
from tensorlogic.runtime.session import Session

DECLARATIONS = """
struct Point { x: float, y: int }
impl Point { fn new(x: float) -> Point { Point { x: x, y: 1 } } fn norm(self) -> float { self.x } }
fn longest(a: float16[n, d], b) -> float16[n] { a }
point = Point::new(1.0)
long_list = [1, 2]
record = topk([1.0, 2.0], 1)
entity Person = {alice, bob}
relation Parent(x: Person, y: Person)
Elder(X) <- Parent(X, _)
"""


@pytest.fixture
def interaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interaction:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.mlpackage").mkdir()
    (tmp_path / "lib.tl").write_text("")
    begun = Interaction(Session(io.StringIO(), tmp_path))
    begun.run(DECLARATIONS)
    return begun


COMPLETIONS: dict[str, tuple[int, tuple[str, ...]]] = {
    "lon": (0, ("long_list", "longest")),
    "1 + soft": (4, ("softmax", "softplus", "softsign")),
    "brea": (0, ("break",)),
    "Poi": (0, ("Point",)),
    "point.": (6, ("new", "norm", "x", "y")),
    "f(point.no": (8, ("norm",)),
    "long_list.sh": (10, ("shape",)),
    "long_list.shape.": (16, ()),
    "record.v": (7, ("values",)),
    'record["in': (8, ("indices",)),
    "Point::": (7, ("new", "norm")),
    "KVCache::new_": (9, ("new_f16", "new_f32")),
    "nothing.": (8, ()),
    "point.x.y.": (10, ()),
    'load_model("mod': (12, ("models/",)),
    'load_model("models/': (12, ("models/a.mlpackage/",)),
    'import "l': (8, ("lib.tl",)),
    'import "../': (8, ()),
    'load_model("/': (12, ()),
    'print("soft': (7, ()),
    'print("a") + lo': (13, ("log", "log10", "log1p", "log2", "log_softmax", "logsigmoid", "logsumexp")),
    "1.": (2, ()),
    "Par": (0, ("Parent",)),
    "learn { objective: x, o": (22, ("optimizer: ",)),
    "learn {\n    objective: x,\n    optimizer: ad": (41, ("adam", "adamw")),
    "learn { scheduler: warmup(ep": (26, ("epochs: ",)),
    "infer sy": (6, ("symbolic",)),
    "": (0, ()),
}


@pytest.mark.parametrize("written", COMPLETIONS)
def test_completions(written: str, interaction: Interaction) -> None:
    start, texts = completions(interaction, written)
    wanted_start, wanted = COMPLETIONS[written]
    assert (start, set(wanted) <= set(texts)) == (wanted_start, True)
    assert bool(wanted) == bool(texts)


HELP = {
    "Person": "entity Person = {alice, bob}",
    "Parent": "relation Parent(x: Person, y: Person)",
    "Elder": "relation Elder(_)",
    "patience": "patience: …\n\nEnds after so many epochs without a smaller objective.",
    "longest": "fn longest(a: float16[n, d], b) -> float16[n]",
    "Point": "struct Point { x: float, y: int }\nfn Point::new(x: float) -> Point\nfn Point::norm(self) -> float",
    "Point::norm": "fn Point::norm(self) -> float",
    "long_list": "long_list: int64[2] = [1, 2]",
    "mish": "mish(x) -> tensor\n\nx times tanh(softplus(x)) (Misra, 2019).",
    "while": "while condition { … }\n\nRuns a block as long as the condition is true.",
}


@pytest.mark.parametrize(("name", "wanted"), HELP.items())
def test_help(name: str, wanted: str, interaction: Interaction) -> None:
    assert help_about(interaction, name) == wanted


def test_help_about_nothing(interaction: Interaction) -> None:
    assert [help_about(interaction, name) for name in ("nothing", "Point::nothing", "::", "")] == [None] * 4


def test_every_word_is_described() -> None:
    assert set(WORDS) == {*KEYWORDS, *DECLARED_BY, "query"}
