"""Damaged packages give an error that names the file and the trouble, and never a traceback."""

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
from tests.malformed import compressed_package, small_package
from tests.malformed.misfits import MISFITS, SIZE, Misfit
from tests.malformed.packages import DAMAGES, Damage


def test_the_good_package_works(package: Path) -> None:
    (scores,) = tl.load_model(package).predict(np.ones(small_package.INPUT_SHAPE)).values()
    assert scores.shape == (1, 10)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_named(damage: Damage, package: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mlpackage"
    shutil.copytree(package, damaged)
    damage.do(damaged)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(damaged)
    text = render(caught.value)
    assert caught.value.code == damage.code, text
    assert damage.says in text
    assert "damaged.mlpackage" in text


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
def test_a_thousand_mutations(package: Path) -> None:
    _mutate(package, 1000)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_mutations_of_a_compressed_weight(tmp_path: Path) -> None:
    compressed_package.write(tmp_path / "sparse.mlpackage", 64, compressed_package.sparse_palettized(64))
    _mutate(tmp_path / "sparse.mlpackage", 500)


def _mutate(package: Path, count: int) -> None:
    command = [sys.executable, "-m", "tests.malformed.mutate", str(package), str(count), "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} mutations" in done.stdout
