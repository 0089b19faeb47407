"""Meters of energy, on counters that are written down."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from tensorlogic.models.bench import power
from tensorlogic.models.bench.power import Meters, NoMeterError, NvmlMeter, PowermetricsMeter, RaplMeter

LARGEST = 262143328850


def zone(folder: Path, name: str, energy: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "max_energy_range_uj").write_text(f"{LARGEST}\n")
    (folder / "energy_uj").write_text(f"{energy}\n")
    return folder / "energy_uj"


def test_packages_are_summed_and_their_parts_are_not(tmp_path: Path) -> None:
    (tmp_path / "intel-rapl").mkdir()
    first = zone(tmp_path / "intel-rapl:0", "package-0", 1_000_000)
    part = zone(tmp_path / "intel-rapl:0:0", "core", 400_000)
    second = zone(tmp_path / "intel-rapl:1", "package-1", 5_000_000)
    others = [
        zone(tmp_path / "intel-rapl:2", "psys", 9_000_000),
        zone(tmp_path / "intel-rapl-mmio:0", "package-0", 1_000_000),
    ]
    meter = RaplMeter(tmp_path)
    assert meter.joules() == 0
    first.write_text("3500000\n")
    second.write_text("5250000\n")
    for other in (part, *others):
        other.write_text("90000000\n")
    assert meter.joules() == 2.75
    meter.close()


def test_a_counter_starts_again(tmp_path: Path) -> None:
    counter = zone(tmp_path / "intel-rapl:0", "package-0", LARGEST - 850)
    meter = RaplMeter(tmp_path)
    for value, want in ((150, 0.001), (2_000_150, 2.001), (100, 2.001 + (LARGEST - 2_000_050) / 1e6)):
        counter.write_text(f"{value}\n")
        assert meter.joules() == pytest.approx(want)


def test_machines_without_counters_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoMeterError, match="shows no energy counters"):
        RaplMeter(tmp_path / "nothing")
    counter = zone(tmp_path / "intel-rapl:0", "package-0", 0)
    counter.write_text("nonsense")
    with pytest.raises(NoMeterError, match="cannot be read"):
        RaplMeter(tmp_path)
    plain = Path.read_text

    def guarded(path: Path) -> str:
        if path == counter:
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(Path, "read_text", guarded)
    with pytest.raises(NoMeterError, match="root only"):
        RaplMeter(tmp_path)


class FakeNvml(ModuleType):
    """NVIDIA's library on a machine with one GPU."""

    class NVMLError(Exception):
        pass

    millijoules: int | None = 5_000
    calls = 0

    def nvmlInit(self) -> None:  # noqa: N802
        self.calls += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.calls -= 1

    def nvmlDeviceGetHandleByUUID(self, identifier: str) -> str:  # noqa: N802
        if identifier != "GPU-1":
            raise self.NVMLError("Not Found")
        return identifier

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: str) -> int:  # noqa: N802
        assert gpu == "GPU-1"
        if self.millijoules is None:
            raise self.NVMLError("Not Supported")
        return self.millijoules


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    module = FakeNvml("pynvml")
    monkeypatch.setitem(sys.modules, "pynvml", module)
    return module


def test_a_gpu_counts_its_energy(nvml: FakeNvml) -> None:
    meter = NvmlMeter("GPU-1")
    before = meter.joules()
    nvml.millijoules = 7_500
    assert meter.joules() - before == 2.5
    meter.close()
    assert nvml.calls == 0


def test_gpus_that_cannot_be_measured(nvml: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoMeterError, match="Not Found"):
        NvmlMeter("GPU-2")
    nvml.millijoules = None
    with pytest.raises(NoMeterError, match="Not Supported"):
        NvmlMeter("GPU-1")
    assert nvml.calls == 0
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NoMeterError, match=r"pip install 'tensorlogic-lang\[bench\]'"):
        NvmlMeter("GPU-1")


SAMPLES = """#!/bin/sh
case "$*" in
  *"-n 1 "*) exit 0 ;;
esac
while echo "*** Sampled system activity (Mon Nov 23 02:38:00 2026 +0000) (250.00ms elapsed) ***"; do
  printf 'E-Cluster Power: 77 mW\\nCPU Power: 2000 mW\\nGPU Power: 400 mW\\nANE Power: 0 mW\\n'
  sleep 0.02
done
"""


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
@pytest.mark.parametrize(("part", "each"), [("CPU", 0.5), ("GPU", 0.1)])
def test_a_mac_adds_up_samples(part: str, each: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, SAMPLES, monkeypatch)
    meter = PowermetricsMeter(part)
    while meter.joules() < 2.5 * each:
        time.sleep(0.01)
    meter.close()
    assert meter.joules() / each == pytest.approx(round(meter.joules() / each))


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
def test_a_mac_that_wants_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "#!/bin/sh\nexit 1\n", monkeypatch)
    with pytest.raises(NoMeterError, match="password"):
        PowermetricsMeter("CPU")
    (tmp_path / "sudo").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoMeterError, match="no powermetrics"):
        PowermetricsMeter("CPU")


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `sudo` of our own, before the system's."""
    (folder / "sudo").write_text(script)
    (folder / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


class Counter:
    closed = False

    def joules(self) -> float:
        return 0.0

    def close(self) -> None:
        self.closed = True


def test_meters_are_opened_once_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def open_meter(device: str) -> Counter:
        asked.append(device)
        if device == "mps":
            raise NoMeterError("no reason")
        return Counter()

    monkeypatch.setattr(power, "open_meter", open_meter)
    with Meters() as meters:
        first, *others = [meters.of(device) for device in ("cpu", "cpu", "mps", "mps")]
        assert isinstance(first, Counter)
        assert others == [first, None, None]
        assert not first.closed
    assert first.closed
    assert asked == ["cpu", "mps"]
    assert meters.lacking == {"mps": "no reason"}


def test_devices_that_nothing_measures() -> None:
    with pytest.raises(NoMeterError, match="toaster"):
        power.open_meter("toaster")
