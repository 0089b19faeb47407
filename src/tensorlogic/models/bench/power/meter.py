"""What every meter is."""

from __future__ import annotations

from typing import Protocol


class NoMeterError(Exception):
    """Why the power of a device cannot be measured here, in the user's words."""


class Meter(Protocol):
    """Counts the energy of one device."""

    def joules(self) -> float:
        """The energy used since some moment, which stays the same from call to call."""

    def close(self) -> None:
        """Stop measuring."""
