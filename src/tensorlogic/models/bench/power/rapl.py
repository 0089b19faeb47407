"""The energy counters of x86 processors, as Linux shows them."""

from __future__ import annotations

from pathlib import Path

from tensorlogic.models.bench.power.meter import NoMeterError

POWERCAP = Path("/sys/class/powercap")


class RaplMeter:
    """The processor packages of the machine together.

    Their parts (cores, memory controller) are zones of their own, which the package's counter includes, and so are
    other views of the same package; none of these is counted.
    """

    def __init__(self, folder: Path = POWERCAP) -> None:
        try:
            self._zones = [_Zone(path) for path in sorted(folder.glob("intel-rapl:*")) if _is_package(path)]
        except PermissionError:
            raise NoMeterError("the processor's energy counters are readable by root only") from None
        except (OSError, ValueError):
            raise NoMeterError("the processor's energy counters cannot be read") from None
        if not self._zones:
            raise NoMeterError("the system shows no energy counters of the processor")

    def joules(self) -> float:
        """The energy of all packages since the meter was made."""
        return sum(zone.microjoules() for zone in self._zones) / 1e6

    def close(self) -> None:
        """Nothing is held open."""


class _Zone:
    """One counter, which starts again at zero after its largest value."""

    def __init__(self, path: Path) -> None:
        self._counter = path / "energy_uj"
        self._largest = _number(path / "max_energy_range_uj")
        self._last = _number(self._counter)
        self._total = 0

    def microjoules(self) -> int:
        now = _number(self._counter)
        self._total += now - self._last + (self._largest if now < self._last else 0)
        self._last = now
        return self._total


def _is_package(path: Path) -> bool:
    return (path / "name").read_text().startswith("package")


def _number(path: Path) -> int:
    return int(path.read_text())
