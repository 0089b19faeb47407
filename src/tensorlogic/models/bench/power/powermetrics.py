"""What macOS tells of a Mac's power, to those who need not type a password for it."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from threading import Thread

from tensorlogic.models.bench.power.meter import NoMeterError

_COMMAND = ("sudo", "-n", "powermetrics", "--samplers", "cpu_power,gpu_power")
_ELAPSED = re.compile(r"\(([\d.]+)ms elapsed\)")
_EVERY = "100"  # milliseconds


class PowermetricsMeter:
    """One part of the chip, ``CPU`` or ``GPU``, from a stream of samples that a thread adds up."""

    def __init__(self, part: str) -> None:
        try:
            trial = subprocess.run([*_COMMAND, "-n", "1", "-i", "1"], capture_output=True, check=False)
        except OSError:
            raise NoMeterError("the system has no powermetrics") from None
        if trial.returncode:
            raise NoMeterError("sudo asks for a password before it runs powermetrics")
        self._power = re.compile(rf"{part} Power: ([\d.]+) mW")
        self._joules = 0.0
        self._closed = False
        self._process = subprocess.Popen(
            [*_COMMAND, "-b", "1", "-i", _EVERY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._thread = Thread(target=self._add_up, daemon=True)
        self._thread.start()

    def joules(self) -> float:
        """The energy since the meter was made."""
        return self._joules

    def close(self) -> None:
        """End the stream, by no longer listening: the process is root's, and not ours to end."""
        self._closed = True
        self._thread.join()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)

    def _add_up(self) -> None:
        stream = self._process.stdout
        assert stream is not None, "it was asked for"
        elapsed = 0.0
        with stream:
            for line in stream:
                if found := _ELAPSED.search(line):
                    elapsed = float(found[1])
                elif found := self._power.match(line):
                    self._joules += float(found[1]) * elapsed / 1e6
                if self._closed:
                    return
