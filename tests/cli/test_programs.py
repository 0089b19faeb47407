"""``tl check``, ``tl test`` and ``tl fmt`` as a user meets them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.test_cli import tl

TESTS = """let base = 40
fn add(a, b) { a + b }
test adds { assert_eq(add(base, 2), 42) print("in a test") }
test fails { assert_eq(add(1, 1), 3) }
bench adds { add(1, 2) }
main { print("not here") }
"""


def test_check_finds_everything(tmp_path: Path) -> None:
    (tmp_path / "bad.tl").write_text("print(lenght)\nx = 1 +\n")
    (tmp_path / "unknown.tl").write_text("print(lenght)\nprint(widht)\n")
    (tmp_path / "good.tl").write_text("print(1)\n")
    assert (tl("check", "good.tl", cwd=tmp_path).returncode, tl("check", "good.tl", cwd=tmp_path).stdout) == (0, "")
    done = tl("check", "bad.tl", "good.tl", "unknown.tl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert all(said in done.stderr for said in ("bad.tl", "lenght", "widht"))
    found = json.loads(tl("check", "--json", "unknown.tl", cwd=tmp_path).stdout)
    assert [each["code"] for each in found] == ["TL0201", "TL0201"]
    assert tl("check", "nothing.tl", cwd=tmp_path).returncode == 2


def test_tests_are_run(tmp_path: Path) -> None:
    (tmp_path / "t.tl").write_text(TESTS)
    done = tl("test", "t.tl", cwd=tmp_path)
    assert done.returncode == 1
    assert "in a test\nt.tl::adds ok" in done.stdout
    assert "t.tl::fails FAILED" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed\n")
    assert "2 != 3" in done.stderr
    assert "not here" not in done.stdout
    only = tl("test", "t.tl", "-k", "adds", cwd=tmp_path)
    assert (only.returncode, "fails" in only.stdout) == (0, False)
    results = json.loads(tl("test", "--json", "t.tl", cwd=tmp_path).stdout)
    assert [(each["test"], each["passed"]) for each in results] == [("adds", True), ("fails", False)]


def test_each_test_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "t.tl").write_text("x = 1\ntest one { x += 1 assert_eq(x, 2) }\ntest two { x += 1 assert_eq(x, 2) }\n")
    assert tl("test", "t.tl", cwd=tmp_path).returncode == 0


def test_programs_are_formatted(tmp_path: Path) -> None:
    path = tmp_path / "t.tl"
    path.write_text("x=1 // one\n")
    path.chmod(0o755)
    would = tl("fmt", "--check", "t.tl", cwd=tmp_path)
    assert (would.returncode, would.stdout, path.read_text()) == (1, "would change t.tl\n", "x=1 // one\n")
    done = tl("fmt", "t.tl", cwd=tmp_path)
    assert (done.returncode, done.stdout, path.read_text()) == (0, "changed t.tl\n", "x = 1  // one\n")
    assert path.stat().st_mode & 0o777 == 0o755
    again = tl("fmt", "--check", "t.tl", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "")
    path.write_text("x = = 1\n")
    assert tl("fmt", "t.tl", cwd=tmp_path).returncode == 1
    assert path.read_text() == "x = = 1\n"


def test_what_is_not_allowed_can_be(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "o.tl").write_text("let x = 5\n")
    (home / "t.tl").write_text(f'import "{tmp_path}/o.tl"\nprint(x)\n')
    refused = tl("run", "t.tl", cwd=home)
    assert (refused.returncode, "TL0512" in refused.stderr, "--allow-read" in refused.stderr) == (1, True, True)
    assert tl("run", "t.tl", "--allow-read", tmp_path, cwd=home).stdout == "5\n"
    (home / "p.tl").write_text('python import math\nprint(python.call("math.sqrt", 16))\n')
    assert "--allow-python" in tl("run", "p.tl", cwd=home).stderr
    assert tl("run", "p.tl", "--allow-python", cwd=home).stdout == "4.0\n"


@pytest.mark.parametrize("command", [("test",), ("bench", "--seconds", "0")], ids=["test", "bench"])
def test_tests_and_benchmarks_are_allowed_what_programs_are(command: tuple[str, ...], tmp_path: Path) -> None:
    word, home = command[0], tmp_path / "home"
    home.mkdir()
    (tmp_path / "o.tl").write_text("let x = 5\n")
    (home / "read.tl").write_text(f'import "{tmp_path}/o.tl"\n{word} reads {{ assert_eq(x, 5) }}\n')
    (home / "python.tl").write_text(
        f'python import math\n{word} calls {{ assert_eq(python.call("math.sqrt", 16), 4.0) }}\n'
    )
    (home / "env.tl").write_text(f'{word} asks {{ assert(len(env("PATH")) > 0) }}\n')
    (home / "write.tl").write_text(f'{word} writes {{ save([1.0], "{tmp_path}/x.safetensors") }}\n')
    for kind, value in {"read": [tmp_path], "python": [], "env": [], "write": [tmp_path]}.items():
        refused = tl(*command, f"{kind}.tl", cwd=home)
        assert (refused.returncode, f"--allow-{kind}" in refused.stderr) == (1, True)
        allowed = tl(*command, f"{kind}.tl", f"--allow-{kind}", *value, cwd=home)
        assert (allowed.returncode, allowed.stderr) == (0, "")


def test_bench_blocks_are_measured(tmp_path: Path) -> None:
    (tmp_path / "t.tl").write_text('bench adds { print("once") x = 1 + 2 }\n')
    done = tl("bench", "t.tl", "--seconds", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout.count("once")) == (0, 1)
    assert "adds" in done.stdout
    (result,) = json.loads(tl("bench", "t.tl", "--seconds", "0", "--json", cwd=tmp_path).stdout)
    assert (result["bench"], result["runs"], result["median"] > 0) == ("adds", 3, True)
    (tmp_path / "none.tl").write_text("print(1)\n")
    assert "there are no benchmarks" in tl("bench", "none.tl", cwd=tmp_path).stdout


TRAINED = """tensor w: float32[2] learnable
learn { objective: sum((w - 1.0) ** 2), optimizer: sgd(lr: 0.25), epochs: 3 }
print(w)
"""


def test_what_is_trained_is_kept_in_a_table_and_a_picture(tmp_path: Path) -> None:
    (tmp_path / "train.tl").write_text(TRAINED)
    done = tl("run", "train.tl", "--log", "loss.csv", "--plot", "loss.png", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0.875, 0.875]\n", "")
    rows = [line.split(",") for line in (tmp_path / "loss.csv").read_text().splitlines()]
    assert rows[0] == ["training", "epoch", "loss", "gradient_norm", "learning_rate"]
    assert [row[:3] for row in rows[1:]] == [["1", "1", "2.0"], ["1", "2", "0.5"], ["1", "3", "0.125"]]
    assert (tmp_path / "loss.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_picture_that_cannot_be_drawn_is_said_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.tl").write_text(TRAINED)
    (tmp_path / "matplotlib.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    done = tl("run", "train.tl", "--plot", "loss.png", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'tensorlogic-lang[plot]'" in done.stderr
    (tmp_path / "train.tl").write_text(TRAINED.replace("epochs: 3", 'epochs: 3, plot: "loss.png"'))
    done = tl("run", "train.tl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'tensorlogic-lang[plot]'" in done.stderr
