"""Whether the arguments of a call fit: one rule for the functions of a program and for builtins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tensorlogic.errors import Code, nearest
from tensorlogic.errors.codes import UNKNOWN_OPTION, WRONG_ARGUMENTS


class Mismatch(NamedTuple):
    """Why arguments do not fit; `option` names the one that is wrong, if it is a single one."""

    message: str
    code: Code = WRONG_ARGUMENTS
    option: str | None = None
    help: str | None = None


class Signature(NamedTuple):
    """What a function takes."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """What is given by name only."""
    any_number: bool = False
    any_name: bool = False
    result: Callable[..., Any] | None = None
    """What is known of the value of a call, from what is known of its arguments."""
    native: str | None = None
    """The function of tensors that it is for one tensor: ``torch.tanh``."""

    def __str__(self) -> str:
        more = ("…",) if self.any_number else ()
        options = tuple(f"{name}: …" for name in self.optional + self.named)
        return f"{self.name}({', '.join(self.required + more + options)})"

    def mismatch(self, values: int, options: Sequence[str]) -> Mismatch | None:
        """What is wrong with a call of so many values without a name and these options."""
        by_position = self.required + self.optional
        if values > len(by_position) and not self.any_number:
            return Mismatch(f"`{self}` takes {_count(len(by_position))}, {values} given")
        for option in options:
            if option in by_position[:values]:
                return Mismatch(f"`{option}` is given twice", option=option)
            if option not in by_position + self.named and not self.any_name:
                meant = nearest(option, by_position + self.named)
                help = None if meant is None else f"Did you mean `{meant}`?"
                return Mismatch(f"`{self}` has no option `{option}`", UNKNOWN_OPTION, option, help)
        missing = [name for name in self.required[values:] if name not in options]
        return Mismatch(f"`{self}` also needs `{missing[0]}`") if missing else None


def _count(number: int) -> str:
    return f"{number} value" if number == 1 else f"{number} values"
