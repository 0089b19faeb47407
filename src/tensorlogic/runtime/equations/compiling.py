"""From an expression to what computes it: names become dimensions, sums of products become contractions."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import partial, reduce
from inspect import signature
from math import prod
from typing import Any, NamedTuple

from tensorlogic.errors import nearest
from tensorlogic.runtime.equations.functions import ELEMENTWISE, FUNCTIONS, OPERATORS, PROJECTING, PROJECTIONS, Function
from tensorlogic.runtime.equations.notation import Access, Apply, Expression, Number, mentioned, union
from tensorlogic.runtime.equations.problems import EquationError
from tensorlogic.runtime.equations.products import Names, Run, Term, after, aligned, both, dense, multiply, permuted
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.sizes import check_size


def over(expression: Apply) -> Names:
    """The indices that a normalising function is told to normalise over."""
    named = dict(expression.options).get("over", ())
    return (named,) if isinstance(named, str) else tuple(named)


def surviving(expression: Expression, outside: Names) -> Names:
    """The indices that an expression has as a value.

    A function takes its argument projected to the indices that are used outside of it; operators keep all.
    """
    if not isinstance(expression, Apply):
        return mentioned(expression)
    if expression.function in OPERATORS:
        every = enumerate(expression.arguments)
        return union(*(surviving(each, union(outside, beside(expression, place))) for place, each in every))
    wanted = {*outside, *over(expression), *_shared(expression)}
    return tuple(name for name in mentioned(expression) if name in wanted)


def beside(expression: Apply, place: int) -> Names:
    """The indices of all arguments but one."""
    others = (each for number, each in enumerate(expression.arguments) if number != place)
    return union(*(mentioned(each) for each in others))


def _shared(expression: Apply) -> Names:
    counts = [name for argument in expression.arguments for name in mentioned(argument)]
    return tuple(name for name in dict.fromkeys(counts) if counts.count(name) > 1)


def factors(expression: Expression) -> list[Expression]:
    """The factors of a product, however it is nested."""
    if isinstance(expression, Apply) and expression.function == "*":
        return [each for argument in expression.arguments for each in factors(argument)]
    return [expression]


class Compiler(NamedTuple):
    """Compiles the expression of one equation, of which all sizes are known."""

    sizes: Mapping[str, int]
    projection: str
    dtype: Any
    device: Any
    load: Any
    """From an `Access` to its `Term`."""

    def term(self, expression: Expression, keep: Names, outside: Names) -> Term:
        """What computes an expression, projected to those of its indices that are in `keep`.

        `outside` are the indices that are used elsewhere, which functions inside keep.
        """
        if isinstance(expression, Number):
            return _number(expression.value)
        if isinstance(expression, Access):
            return self._projected(dense(self.load(expression), self.sizes), keep)
        if expression.function not in OPERATORS:
            return self._called(expression, keep, outside)
        if expression.function in self._linear():
            return getattr(self, self._linear()[expression.function])(expression, keep, outside)  # type: ignore[no-any-return]
        return self._projected(self._elementwise(expression, outside), keep)

    def _linear(self) -> dict[str, str]:
        """The operators that a projection goes into; a maximum goes into none."""
        return (
            {"+": "_sum", "-": "_sum", "*": "_product", "/": "_quotient"} if self.projection in ("sum", "avg") else {}
        )

    def _sum(self, expression: Apply, keep: Names, outside: Names) -> Term:
        parts = []
        for place, each in enumerate(expression.arguments):
            siblings = tuple(name for name in beside(expression, place) if name in keep)
            parts.append(self.term(each, keep, union(outside, siblings)))
        return self._operated(expression.function, parts, keep)

    def _product(self, expression: Apply, keep: Names, outside: Names) -> Term:
        every = factors(expression)
        terms = []
        for place, each in enumerate(every):
            others = union(*(mentioned(other) for number, other in enumerate(every) if number != place))
            used = union(outside, others)
            plain = isinstance(each, Access)
            terms.append(self.load(each) if plain else self.term(each, union(keep, used), used))
        return self._multiplied(terms, keep)

    def _multiplied(self, terms: list[Term], keep: Names) -> Term:
        number = prod(term.number for term in terms if term.number is not None)
        tensors = [term for term in terms if term.number is None]
        if not tensors:
            return _number(number)
        indices = union(*(term.indices for term in tensors))
        out = tuple(name for name in keep if name in indices)
        number = self._averaged(number, tuple(name for name in indices if name not in out))
        return _scaled(multiply(tensors, out, self.sizes, self.dtype), number)

    def _averaged(self, number: float, missing: Names) -> float:
        count = prod(self.sizes[name] for name in missing) if self.projection == "avg" else 1
        return number if count == 1 else number / max(count, 1)

    def _quotient(self, expression: Apply, keep: Names, outside: Names) -> Term:
        left, right = expression.arguments
        below = union(outside, mentioned(left))
        divisor = self.term(right, surviving(right, below), below)
        inside = union(outside, mentioned(right))
        dividend = self.term(left, union(keep, divisor.indices), inside)
        return self._projected(self._operated("/", [dividend, divisor], union(keep, divisor.indices)), keep)

    def _elementwise(self, expression: Apply, outside: Names) -> Term:
        parts = []
        for place, each in enumerate(expression.arguments):
            used = union(outside, beside(expression, place))
            parts.append(self.term(each, surviving(each, used), used))
        return self._operated(expression.function, parts, union(*(part.indices for part in parts)))

    def _operated(self, name: str, parts: list[Term], order: Names) -> Term:
        """An operator of parts that broadcast by the names of their indices."""
        if len(parts) == 1:
            return parts[0] if name == "+" else _scaled(parts[0], -1)
        if all(part.number is not None for part in parts):
            return _number(_calculated(name, [part.number for part in parts if part.number is not None]))
        indices = tuple(each for each in order if any(each in part.indices for part in parts))
        self._check(indices)
        runs = [after(part.run, aligned(part.indices, indices)) for part in parts]
        compute = ELEMENTWISE.get(name) or _ARITHMETIC[name]
        run = reduce(partial(both, compute), runs)
        comparison = name in ELEMENTWISE and name != "**"
        return Term(indices, after(run, (lambda x: x.to(self.dtype)) if comparison else None))

    def _called(self, expression: Apply, keep: Names, outside: Names) -> Term:
        function = _function(expression)
        normalised, shared = over(expression), _shared(expression)
        wanted = union(outside, normalised, shared)
        parts = [self.term(each, wanted, union(wanted, keep)) for each in expression.arguments]
        options = _options(expression, function)
        indices = tuple(name for name in wanted if any(name in part.indices for part in parts))
        if all(part.number is not None for part in parts):
            return _number(_constant(function, parts, options))
        self._check(indices)
        runs = [self._tensor(part, aligned(part.indices, indices)) for part in parts]
        if function.over:
            options["dimensions"] = _dimensions(expression, indices)
        compute = partial(function.compute, **options) if options else function.compute
        run = after(runs[0], compute) if len(runs) == 1 else both(compute, *runs)
        return self._projected(Term(indices, run), keep)

    def _tensor(self, part: Term, view: Any) -> Run:
        if part.number is None:
            return after(part.run, view)
        value = torch.tensor(part.number, dtype=self.dtype, device=self.device)
        return lambda frame: value

    def _projected(self, term: Term, keep: Names) -> Term:
        if all(name in keep for name in term.indices):
            return term
        out = tuple(name for name in term.indices if name in keep)
        missing = tuple(name for name in term.indices if name not in keep)
        if self.projection in ("max", "min"):
            self._nonempty(missing)
        project = PROJECTIONS[self.projection]
        dimensions = [term.indices.index(name) for name in missing]
        run = after(term.run, lambda x: project(x, dimensions))
        return _scaled(Term(out, run), self._averaged(1, missing))

    def _nonempty(self, missing: Names) -> None:
        for name in missing:
            if self.sizes[name] == 0:
                raise EquationError(f"there is no {self.projection} over {name}: it has no elements", index=name)

    def _check(self, indices: Names) -> None:
        check_size((self.sizes[name] for name in indices), self.dtype)

    def placed(self, term: Term, left: Names) -> Run:
        """The term as the left side wants it: its indices in order, those that it lacks repeated."""
        self._check(left)
        if term.number is not None:
            shape, number = tuple(self.sizes[name] for name in left), term.number
            return lambda frame: torch.full(shape, number, dtype=self.dtype, device=self.device)
        if set(term.indices) == set(left):
            return after(term.run, permuted(term.indices, left))
        shape = tuple(self.sizes[name] for name in left)
        return after(term.run, aligned(term.indices, left), lambda x: x.expand(shape))


_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def _number(value: float) -> Term:
    value = int(value) if isinstance(value, bool) or (value == value // 1 and abs(value) < 2**53) else value
    return Term((), lambda frame: value, value)


def _scaled(term: Term, number: float) -> Term:
    if number == 1:
        return term
    if term.number is not None:
        return _number(term.number * number)
    return term._replace(run=after(term.run, torch.neg if number == -1 else lambda x: x * number))


def _calculated(name: str, numbers: list[float]) -> float:
    try:
        return float(reduce(ELEMENTWISE.get(name) or _ARITHMETIC[name], numbers))
    except (ArithmeticError, TypeError):
        text = f" {name} ".join(f"{number:g}" for number in numbers)
        raise EquationError(f"{text} has no value") from None


def _constant(function: Function, parts: list[Term], options: dict[str, Any]) -> float:
    if function.over:
        raise EquationError("a number has no index to normalise over")
    return float(function.compute(*(torch.tensor(part.number, dtype=torch.float64) for part in parts), **options))


def _function(expression: Apply) -> Function:
    name, count = expression.function, len(expression.arguments)
    function = FUNCTIONS.get(name)
    if function is None:
        raise EquationError(f"{name} is no function of equations", _meant(name))
    if function.arity != count:
        raise EquationError(f"{name} takes {function.arity} of what an equation computes, not {count}")
    return function


def _meant(name: str) -> str | None:
    """What to write in place of a function that there is not."""
    if name in PROJECTING:
        return f"An index that only the right side has is projected: {PROJECTING[name]}"
    close = nearest(name, FUNCTIONS)
    return f"Did you mean {close}?" if close else None


def _options(expression: Apply, function: Function) -> dict[str, Any]:
    """The numbers that a function is given by name."""
    allowed = [each.name for each in signature(function.compute).parameters.values() if each.default is not each.empty]
    found = {name: value for name, value in expression.options if name != "over"}
    for name, value in found.items():
        if name not in allowed:
            known = f"It has: {', '.join(allowed)}." if allowed else None
            raise EquationError(f"{expression.function} has no option {name}", known)
        if not isinstance(value, int | float):
            raise EquationError(f"{name} of {expression.function} is a number")
    if over(expression) and not function.over:
        raise EquationError(f"{expression.function} does not go over an index", index=over(expression)[0])
    return found


def _dimensions(expression: Apply, indices: Names) -> list[int]:
    named = over(expression) or (indices if len(indices) == 1 else ())
    if not named:
        which = f"over: {indices[-1]}" if indices else "over: an index of it"
        raise EquationError(f"{expression.function} has to know over which index", f"Write {which}.")
    for name in named:
        if name not in indices:
            raise EquationError(f"{expression.function} goes over {name}, which its argument does not have", index=name)
    return sorted(indices.index(name) for name in named)
