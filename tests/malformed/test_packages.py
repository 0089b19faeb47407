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
from tests.malformed import small_package
from tests.malformed.packages import DAMAGES, STATEFUL_DAMAGES, Damage


def test_the_good_package_works(package: Path) -> None:
    (scores,) = tl.load_model(package).predict(np.ones(small_package.INPUT_SHAPE)).values()
    assert scores.shape == (1, 10)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_named(damage: Damage, package: Path, tmp_path: Path) -> None:
    check(damage, package, tmp_path / "damaged.mlpackage")


@pytest.mark.parametrize("damage", STATEFUL_DAMAGES, ids=lambda damage: damage.name)
def test_damage_of_states_and_functions_is_named(damage: Damage, stateful_package: Path, tmp_path: Path) -> None:
    check(damage, stateful_package, tmp_path / "damaged.mlpackage")


def check(damage: Damage, package: Path, damaged: Path) -> None:
    shutil.copytree(package, damaged)
    damage.do(damaged)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(damaged)
    text = render(caught.value)
    assert caught.value.code == damage.code, text
    assert damage.says in text
    assert "damaged.mlpackage" in text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
@pytest.mark.parametrize(("fixture", "count"), [("package", 1000), ("stateful_package", 300)])
def test_mutations(fixture: str, count: int, request: pytest.FixtureRequest) -> None:
    package = request.getfixturevalue(fixture)
    command = [sys.executable, "-m", "tests.malformed.mutate", str(package), str(count), "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} mutations" in done.stdout
