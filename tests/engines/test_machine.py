"""The fingerprint of a machine changes with what makes engines faster or slower, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorlogic.engines import machine

X86 = """\
processor	: 0
vendor_id	: GenuineIntel
model name	: Intel(R) Xeon(R) Platinum 8481C
microcode	: 0x2b
cpu MHz		: 2700.{number}
flags		: fpu avx512f amx_bf16
bogomips	: 5400.00

processor	: 1
vendor_id	: another
"""
ARM = "processor\t: 0\nBogoMIPS\t: {number}\nFeatures\t: fp i8mm bf16\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n\n"
RISCV = "processor\t: 0\nhart\t: {number}\nisa\t: rv64imafdcv\n"

# What the kernel says, and what of it is told.
CORES = [
    (X86, ["vendor_id=GenuineIntel", "model name=Intel(R) Xeon(R) Platinum 8481C", "flags=fpu avx512f amx_bf16"]),
    (ARM, ["Features=fp i8mm bf16", "CPU implementer=0x41", "CPU part=0xd40"]),
    (RISCV, ["isa=rv64imafdcv"]),
    ("", []),
    ("no colon\n", []),
]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("text", "want"), CORES)
def test_what_is_told_of_a_core(text: str, want: list[str], number: int, tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text.replace("{number}", str(number)))
    assert machine._linux_core(path) == want


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    machine.fingerprint.cache_clear()


def fingerprint() -> str:
    """The fingerprint as another process would compute it."""
    machine.fingerprint.cache_clear()
    return machine.fingerprint()


def test_the_same_machine_has_the_same_fingerprint() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


# What changes, and how.
CHANGES = {
    "fewer cores": ("os.sched_getaffinity", lambda _: {0}),
    "another version": ("tensorlogic.engines.machine.version", lambda name: f"{name} 99"),
    "another engine": ("tensorlogic.engines.machine.entry_points", lambda group: []),
    "another architecture": ("platform.machine", lambda: "pdp11"),
    "another GPU": ("tensorlogic.engines.machine._gpus", lambda: ["0x10de 0x2335"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_changes_the_fingerprint(change: tuple[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(*change, raising=False)
    assert fingerprint() != before


@pytest.mark.parametrize("name", ["CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"])
def test_a_variable_changes_the_fingerprint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setenv(name, "7")
    assert fingerprint() != before


def test_what_cannot_be_read_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_text", refuse)
    assert list(machine._processor())
    assert list(machine._limits())


@pytest.mark.parametrize(("text", "want"), [(X86, True), (ARM, False), (X86.replace("amx", "sse"), False)])
def test_bfloat16_is_known_of_a_processor_or_not(
    text: str, want: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    monkeypatch.setattr(machine, "_processor", lambda: machine._linux_core(path))
    machine.has_bfloat16.cache_clear()
    assert machine.has_bfloat16() == want
    machine.has_bfloat16.cache_clear()
