"""Bound operations and how they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tensorlogic.errors import EngineError, OperationPlace, ProgramError, TensorLogicError, codes, first_line
from tensorlogic.mil.types import TensorType

Frame = list[Any]
"""The values of one run, by slot."""

Getter = Callable[[Frame], Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the file declares a result to be. A result of another type or shape is never passed on."""

    declared: TensorType
    dtype: torch.dtype

    def check(self, value: Any, place: OperationPlace) -> None:
        """Raise `ProgramError` unless `value` is as declared."""
        if value.dtype is self.dtype and self.declared.accepts(value.shape):
            return
        raise ProgramError(
            codes.BAD_OPERATION,
            f"the operation computed {str(value.dtype).removeprefix('torch.')}{list(value.shape)}, "
            f"but the file declares {self.declared}",
            place,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: arguments that are known, arguments that are read from the frame, and where results go."""

    call: Callable[..., Any]
    fixed: Mapping[str, Any]
    moving: tuple[tuple[str, Getter], ...]
    outputs: tuple[tuple[int, Expected | None], ...]
    release: tuple[int, ...]
    place: OperationPlace

    def run(self, frame: Frame) -> None:
        """Compute the operation, put its results into `frame` and drop what nothing needs any more."""
        try:
            result = self.call(**self.fixed, **{name: get(frame) for name, get in self.moving})
            results = result if isinstance(result, tuple) else (result,)
            for (slot, expected), value in zip(self.outputs, results, strict=True):
                if expected is not None:
                    expected.check(value, self.place)
                frame[slot] = value
        except TensorLogicError:
            raise
        except Exception as error:
            raise _failed(error, self.place) from error
        for slot in self.release:
            frame[slot] = None


def _failed(error: Exception, place: OperationPlace) -> EngineError:
    """What an operation's failure says to a user: the library's first line, and where it happened."""
    message = first_line(error)
    if isinstance(error, KeyError):  # of a table of modes
        message = f"it does not know {message}"
    return EngineError(codes.ENGINE_FAILED, f"the operation failed: {message}", place)


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """The steps of a block; its inputs and outputs are slots of the frame around it."""

    inputs: tuple[int, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Getter, ...]

    def run(self, frame: Frame, *arguments: Any) -> tuple[Any, ...]:
        """Run the steps on `arguments`, within `frame`."""
        for slot, argument in zip(self.inputs, arguments, strict=True):
            frame[slot] = argument
        for step in self.steps:
            step.run(frame)
        return tuple([get(frame) for get in self.outputs])
