"""Damaged packages and compiled models give an error that names the file and the trouble, and never a traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tensorlogic as tl
from tensorlogic.errors import render
from tests.conftest import ROOT
from tests.malformed import compiled, compressed_package, packages, small_package, stateful
from tests.malformed.misfits import MISFITS, SIZE, Misfit
from tests.malformed.packages import Damage

FORMS = {
    "package": packages.DAMAGES,
    "stateful_package": stateful.DAMAGES,
    "compiled": compiled.DAMAGES,
}
CASES = [
    pytest.param(form, damage, id=f"{form}-{damage.name}") for form, damages in FORMS.items() for damage in damages
]


@pytest.mark.parametrize("form", ["package", "compiled"])
def test_the_good_one_works(form: str, request: pytest.FixtureRequest) -> None:
    model = tl.load_model(request.getfixturevalue(form))
    (scores,) = model.predict(np.ones(small_package.INPUT_SHAPE)).values()
    assert scores.shape == (1, 10)


@pytest.mark.parametrize(("form", "damage"), CASES)
def test_damage_is_named(form: str, damage: Damage, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    good: Path = request.getfixturevalue(form)
    damaged = tmp_path / f"damaged{good.suffix}"
    shutil.copytree(good, damaged)
    damage.do(damaged)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(damaged)
    text = render(caught.value)
    assert caught.value.code == damage.code, text
    assert damage.says in text
    assert damaged.name in text
    assert max(map(len, text.splitlines())) < 1000


@pytest.mark.parametrize("misfit", MISFITS, ids=lambda misfit: misfit.name)
def test_misfit_is_named(misfit: Misfit, tmp_path: Path) -> None:
    path = tmp_path / "misfit.mlpackage"
    compressed_package.write(path, SIZE, misfit.expressions)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(path)
    text = render(caught.value)
    assert (caught.value.code, misfit.says in text) == (misfit.code, True), text
    assert "misfit.mlpackage" in text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
@pytest.mark.parametrize(
    ("form", "count"), [("package", 1000), ("stateful_package", 300), ("compiled", 1000), ("compressed", 500)]
)
def test_mutations(form: str, count: int, request: pytest.FixtureRequest) -> None:
    good: Path = request.getfixturevalue(form)
    command = [sys.executable, "-m", "tests.malformed.mutate", str(good), str(count), "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} mutations" in done.stdout
