"""Solving equations: a plan for each set of shapes, made once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tensorlogic.errors import nearest
from tensorlogic.runtime.equations.notation import Equation, accesses
from tensorlogic.runtime.equations.planning import Plan, plan
from tensorlogic.runtime.equations.problems import EquationError

if TYPE_CHECKING:
    import torch

_MOST_PLANS = 64
_MOST_SOLVERS = 256


class Solver:
    """Solves the same equations again and again: tensors in, tensors out.

    `wanted` are the left sides that are asked for: all of them, unless told. A recurrence that is not asked for, and of
    which nobody reads more than the last state, keeps no others.
    """

    def __init__(
        self,
        equations: Sequence[Equation],
        sizes: Mapping[str, int] | None = None,
        wanted: Collection[str] | None = None,
    ) -> None:
        self.equations = tuple(equations)
        self.sizes = dict(sizes or {})
        targets = dict.fromkeys(equation.target for equation in self.equations)
        self.wanted = tuple(targets if wanted is None else wanted)
        read = dict.fromkeys(read.tensor for each in self.equations for read in accesses(each.expression))
        self._needed = tuple(name for name in read if name not in targets)
        self._taken = tuple(name for name in read if name in targets)
        self._plans: dict[object, Plan] = {}

    def __call__(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The tensors that are wanted, by name.

        A tensor that a recursion computes may be given too: the states of a recurrence that no equation says come from
        there, and a fixpoint begins there.
        """
        try:
            frame: dict[str, Any] = {name: tensors[name] for name in self._needed}
        except KeyError as error:
            raise self._unknown(error.args[0], tensors) from None
        for name in self._taken:
            if name in tensors:
                frame[name] = tensors[name]
        key = tuple([(each.shape, each.dtype, each.layout, each.device) for each in frame.values()]) if frame else ()
        chosen = self._plans.get(key)
        if chosen is None or len(frame) > len(self._needed):
            chosen = self._planned(key, frame)
        for target, run in chosen.steps:
            if target is None:
                run(frame)
            else:
                frame[target] = run(frame)
        return {name: frame[name] for name in self.wanted}

    def _planned(self, key: object, frame: Mapping[str, Any]) -> Plan:
        key = (key, *(name for name in self._taken if name in frame)) if len(frame) > len(self._needed) else key
        if key not in self._plans:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan(self.equations, frame, self.sizes, self.wanted)
        return self._plans[key]

    def _unknown(self, name: str, known: Mapping[str, Any]) -> EquationError:
        places = (n for n, each in enumerate(self.equations) if name in (a.tensor for a in accesses(each.expression)))
        close = nearest(name, known)
        help = f"Did you mean {close}?" if close else None
        return EquationError(f"there is no tensor {name}", help, equation=next(places))


def solve(
    equations: Sequence[Equation],
    tensors: Mapping[str, torch.Tensor],
    sizes: Mapping[str, int] | None = None,
    wanted: Collection[str] | None = None,
) -> dict[str, torch.Tensor]:
    """The left sides of equations, by name; the order in which they are written does not matter.

    Indices that are missing on the left are summed, or taken together as the equation's projection says. `sizes` are
    those of indices that no tensor has, and `wanted` the left sides that are asked for (all, unless told). An
    `EquationError` says what is wrong, before anything is computed. Whoever solves the same equations often makes a
    `Solver`, and saves finding it again.
    """
    return _solver(tuple(equations), tuple((sizes or {}).items()), None if wanted is None else tuple(wanted))(tensors)


@lru_cache(_MOST_SOLVERS)
def _solver(
    equations: tuple[Equation, ...], sizes: tuple[tuple[str, int], ...], wanted: tuple[str, ...] | None
) -> Solver:
    return Solver(equations, dict(sizes), wanted)
