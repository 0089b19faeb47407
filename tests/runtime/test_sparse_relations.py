"""Relations as tensors: sparse where they are large, with the same results."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorlogic.errors import codes
from tensorlogic.runtime import marking
from tests.runtime.harness import failure, output, under_the_caret
from tests.runtime.test_clauses import FAMILY
from tests.runtime.test_clauses import RELATIONS as OF_CLAUSES
from tests.runtime.test_degrees import DEGREES, KNOWS
from tests.runtime.test_embedding_space import EXACT, PEOPLE

PROGRAMS = [
    *(PEOPLE + text for text in EXACT),
    *(FAMILY + text for text in OF_CLAUSES),
    *(f"{KNOWS}{text}\nfor each in r {{ print(each.degree) }}" for text in DEGREES),
    FAMILY + "v = [1.0, 2.0, 3.0] Y[x] <- Parent[x, y] * v[y] Z[y] <- v[x] * Parent[x, y]\nprint(Y, Z)",
    FAMILY + "C[x, z] <- Parent[x, y] * Parent[z, y] D[x, y] <- 1 - Parent[y, x] s <- Parent[x, y]\nprint(C, D, s)",
    FAMILY + "M[x] max= Parent[x, y] d[x] <- Parent[x, x] r[y] <- Parent[0, y]\nprint(M, d, r)",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_sparse_relations_are_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dense = output(text)
    monkeypatch.setattr(marking, "LARGE", 0)
    monkeypatch.setattr(marking, "_SHARE", 0)
    assert output(text) == dense


SIZE = 100_000
LARGE = 'entity P\nrelation Next(x: P, y: P) from "next.csv"\nv = ones(100000)\n'


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 entities, each before the next and the last before the first: 37 GiB with all zeros."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tensorlogic.runtime.sizes.memory", lambda: 16 << 30)
    lines = (f"p{i},p{(i + 1) % SIZE}\n" for i in range(SIZE))
    (tmp_path / "next.csv").write_text("x,y\n" + "".join(lines), encoding="utf-8")


@pytest.mark.usefixtures("ring")
def test_a_large_relation_is_multiplied_without_its_zeros() -> None:
    text = "y[i] <- Next[i, j] * v[j]\nw[i, k] <- Next[i, j] * Next[j, l] * m[l, k]\nprint(sum(y), shape(w), sum(w))"
    assert output(LARGE + "m = ones(100000, 2)\n" + text) == "100000.0 [100000, 2] 200000.0"
    found = failure(LARGE + "y[i] <- v[i]\nz[i] max= Next[i, j] * v[j]")
    assert (found.code, *under_the_caret(found)) == (codes.TOO_LARGE, 5, "z[i] max= Next[i, j] * v[j]")
    assert "a relation stands here with all its zeros: float32[100000, 100000] needs 37.25 GiB" in found.message
    assert "stays sparse" in (found.help or "")
    assert "needs 37.25 GiB" in failure(LARGE + "z[i, j] <- Next[i, j] * v[j]").message
