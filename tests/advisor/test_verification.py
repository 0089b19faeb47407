"""What f16 does to networks whose trouble is known, because it was planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorlogic.advisor.verification import verify
from tests.advisor import planted
from tests.conftest import shared_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("planted")


@pytest.fixture(scope="module")
def sound(folder: Path) -> Path:
    planted.write(folder / "sound.mlpackage", planted.chain())
    return folder / "sound.mlpackage"


def chained(network: Any, folder: Path) -> Path:
    """The long network with something planted in it; tests of one process make it once."""
    path = folder / f"{network.__name__}.mlpackage"
    if not path.exists():
        planted.write(path, planted.chain(network))
    return path


PLANTED = [
    (planted.overflow, "planted_cast_fp16", "mul", ("overflow",)),
    (planted.vanishing_ratio, "planted_cast_fp16", "real_div", ("nan",)),
    (planted.infinite_difference, "planted_cast_fp16", "sub", ("nan",)),
    (planted.underflow, "planted_cast_fp16", "mul", ("underflow",)),
]


@pytest.mark.parametrize(("network", "name", "type", "kinds"), PLANTED, ids=[row[0].__name__ for row in PLANTED])
def test_the_planted_operation_is_named(network: Any, name: str, type: str, kinds: Any, folder: Path) -> None:
    found = verify(chained(network, folder))
    assert len(found.operations) > planted.LENGTH
    assert not found.ok
    assert found.first is not None
    assert (found.first.name, found.first.type, found.first.begins) == (name, type, kinds)
    assert found.affected > 0
    assert f"{name} ({type})" in found.verdict


def test_what_led_to_nan_is_said(folder: Path) -> None:
    found = verify(chained(planted.vanishing_ratio, folder))
    assert [(each.id, *each.where) for each in found.findings] == [
        ("nan", "planted_cast_fp16"),
        ("underflow", "vanished_cast_fp16"),
    ]
    assert found.first is not None
    assert "vanished_cast_fp16" in found.first.takes
    assert found.first.difference.nans == planted.WIDTH
    assert found.first.difference.nans_in_f32 == 0


def test_nan_of_f32_too(folder: Path) -> None:
    first = verify(chained(planted.infinite_difference, folder)).first
    assert first is not None
    assert first.difference.nans == first.difference.nans_in_f32 == planted.WIDTH


def test_a_finding_says_the_ranges(folder: Path) -> None:
    found = verify(chained(planted.overflow, folder))
    (finding,) = found.findings
    assert (finding.severity, finding.where) == ("error", ("planted_cast_fp16",))
    assert f"{planted.WIDTH} of {planted.WIDTH} elements" in finding.title
    assert "65504" in finding.why
    assert finding.evidence.addresses
    assert found.first is not None
    assert found.first.difference.range_in_f16 is None
    assert 1e5 < found.first.difference.range.least < 2.5e5  # type: ignore[union-attr]


def test_a_sound_network(sound: Path) -> None:
    found = verify(sound)
    assert found.ok
    assert found.findings == ()
    assert found.first is None
    assert found.verdict.startswith("No trouble found: 303 operations, 1 sample.")
    (output,) = found.outputs
    assert output.cosine > 0.99999
    assert output.psnr > 40
    assert output.ranking is not None
    assert (output.ranking.top1, output.ranking.rows) == (0, 1)


def test_a_loss_that_outputs_do_not_show_is_a_note(folder: Path) -> None:
    def absorbed(mb: Any, x: Any) -> Any:
        small = mb.mul(x=mb.mul(x=x, y=np.float32(1e-4)), y=np.float32(1e-5), name="planted")
        return mb.add(x=x, y=small)

    planted.write(folder / "absorbed.mlpackage", planted.chain(absorbed))
    found = verify(folder / "absorbed.mlpackage")
    assert found.ok
    assert [(each.severity, *each.where) for each in found.findings] == [("note", "planted_cast_fp16")]


def test_cancellation(folder: Path) -> None:
    found = verify(chained(planted.cancellation, folder))
    assert [(each.id, *each.where) for each in found.findings] == [("error", "planted_cast_fp16")]
    assert found.first is not None
    assert found.first.own is not None
    # What it takes is rounded already; it adds nothing itself.
    assert found.first.own < 1e-3 < 0.05 < found.first.difference.noise


@pytest.fixture(scope="module")
def flip(folder: Path) -> Path:
    planted.write(folder / "flip.mlpackage", planted.flip)
    return folder / "flip.mlpackage"


def test_another_answer(flip: Path, folder: Path) -> None:
    np.savez(folder / "ones.npz", x=np.ones((1, planted.WIDTH), np.float32))
    found = verify(flip, data=folder / "ones.npz")
    assert found.findings == ()
    assert not found.ok
    assert found.made_up == ()
    (output,) = found.outputs
    assert output.ranking is not None
    assert (output.ranking.top1, output.ranking.lead) == (1, 1)
    assert "the highest score of 'scores' is another in 1 of 1 row, where it led by 1 at most" in found.verdict


@pytest.mark.parametrize("shape", [(5, 1, planted.WIDTH), (5, planted.WIDTH)])
def test_samples_along_a_leading_axis(shape: tuple[int, ...], flip: Path, folder: Path) -> None:
    scales = np.array([1, 1, 0.5, 0.25, 2], np.float32)  # 1025 and 513 are told apart in f16, and 4097 is not
    np.savez(folder / "five.npz", x=np.ones(shape, np.float32) * scales.reshape(-1, *[1] * (len(shape) - 1)))
    told: list[tuple[int, int]] = []
    found = verify(flip, data=folder / "five.npz", progress=lambda what, done, of: told.append((done, of)))
    ranking = found.outputs[0].ranking
    assert found.samples == 5
    assert ranking is not None
    assert (ranking.rows, ranking.top1, ranking.top5) == (5, 3, 0)
    assert told == sorted(told)
    assert told[-1][0] < told[-1][1]


def test_a_model_in_f32_as_it_would_be_in_f16(folder: Path) -> None:
    def tiny(mb: Any, x: Any) -> Any:
        return mb.rsqrt(x=mb.add(x=mb.mul(x=x, y=np.zeros(planted.WIDTH, np.float32)), y=np.float32(1e-9), name="sum"))

    planted.write(folder / "f32.mlpackage", tiny, f16=False)
    found = verify(folder / "f32.mlpackage")
    assert found.way.precision == "all-f16"
    assert "were it converted to f16" in found.verdict
    assert not found.ok
    # The root of 1e-9 is 3.2e-5, and 1 by it 3.2e4, which f16 holds. But 1e-9 is zero there.
    assert ("overflow", "rsqrt_0") in [(each.id, *each.where) for each in found.findings]


def test_flushing_subnormals(folder: Path) -> None:
    def small(mb: Any, x: Any) -> Any:
        return mb.mul(x=mb.mul(x=mb.add(x=x, y=np.float32(1)), y=np.float32(1e-5), name="small"), y=np.float32(1e4))

    planted.write(folder / "small.mlpackage", small)
    kept, flushed = (verify(folder / "small.mlpackage", flush=flush) for flush in (False, True))
    assert kept.ok
    assert not flushed.ok
    assert flushed.first is not None
    assert (flushed.first.name, flushed.first.begins) == ("small_cast_fp16", ("underflow",))


def test_states(stateful_package: Path) -> None:
    assert verify(stateful_package).ok


@pytest.mark.parametrize(
    "relative",
    ["silero-vad/silero-vad-unified-v6.0.0.mlpackage", "basic-pitch/nmp.mlpackage", "argmax/Argmax.mlmodelc"],
)
def test_real_models(relative: str) -> None:
    assert verify(shared_model(relative)).ok
