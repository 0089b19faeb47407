"""Products of tensors with named indices: the order of contraction, and the operation of each pair."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tensorlogic.runtime.equations.notation import union
from tensorlogic.runtime.equations.problems import EquationError
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.sizes import check_size

Frame = dict[str, Any]
"""What a run knows: the tensors by name, and under `CLOCK` the place of a recurrence."""

Run = Callable[[Frame], Any]
View = Callable[[Any], Any]

CLOCK = ""
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
Names = tuple[str, ...]


class Term(NamedTuple):
    """Something that is computed: the index of each dimension, and how; `number` where it is known to be one."""

    indices: Names
    run: Run
    number: float | None = None
    sparse: bool = False


def after(run: Run, *views: View | None) -> Run:
    """What `run` gives, looked at in other ways, one after another."""
    for view in views:
        if view is not None:
            run = _then(run, view)
    return run


def _then(run: Run, view: View) -> Run:
    return lambda frame: view(run(frame))


def both(compute: Callable[[Any, Any], Any], left: Run, right: Run) -> Run:
    """A function of two runs."""
    return lambda frame: compute(left(frame), right(frame))


def permuted(indices: Names, wanted: Names) -> View | None:
    """The view with the same indices in another order; None where they are in order."""
    if indices == wanted:
        return None
    order = [indices.index(name) for name in wanted]
    if order == [1, 0]:
        return lambda x: x.t()
    return lambda x: x.permute(order)


def aligned(indices: Names, wanted: Names) -> View | None:
    """The view that broadcasts to the wanted indices, of which it has some; None where it does so as it is."""
    if not indices or wanted[len(wanted) - len(indices) :] == indices:
        return None
    present = tuple(name for name in wanted if name in indices)
    first = wanted.index(present[0])
    gaps = [place for place, name in enumerate(wanted[first:]) if name not in indices]
    return _spread(permuted(indices, present), gaps)


def _spread(order: View | None, gaps: Sequence[int]) -> View:
    def view(x: Any) -> Any:
        x = x if order is None else order(x)
        for place in gaps:
            x = x.unsqueeze(place)
        return x

    return view


def multiply(terms: Sequence[Term], out: Names, sizes: Mapping[str, int], dtype: Any) -> Term:
    """The product of terms, summed over all indices that are not in `out`, in the order that costs the least."""
    left = list(terms)
    for places in _path(left, out, sizes):
        chosen = [left.pop(place) for place in sorted(places, reverse=True)][::-1]
        rest = union(out, *(term.indices for term in left)) if left else out
        indices = tuple(name for name in rest if any(name in term.indices for term in chosen))
        check_size((sizes[name] for name in indices), dtype)
        left.append(_pair(chosen[0], chosen[1], indices) if len(chosen) == 2 else _alone(chosen[0], indices))
    return left[0]


def _path(terms: Sequence[Term], out: Names, sizes: Mapping[str, int]) -> Sequence[tuple[int, ...]]:
    if len(terms) < 3:
        return [tuple(range(len(terms)))]
    import opt_einsum  # only products of three and more need it

    shapes = [tuple(sizes[name] for name in term.indices) for term in terms]
    kept = tuple(name for name in out if any(name in term.indices for term in terms))
    path, _ = opt_einsum.contract_path(_spec(terms, kept), *shapes, shapes=True)
    return [tuple(places) for places in path]


def _spec(terms: Sequence[Term], out: Names) -> str:
    """An equation in einsum's notation."""
    letters = dict(zip(union(*(term.indices for term in terms)), LETTERS, strict=False))
    if any(name not in letters for term in terms for name in term.indices):
        raise EquationError(f"a product of more than {len(LETTERS)} indices", "Write it as several equations.")
    texts = ["".join(letters[name] for name in indices) for indices in (*(term.indices for term in terms), out)]
    return f"{','.join(texts[:-1])}->{texts[-1]}"


def _alone(term: Term, out: Names) -> Term:
    missing = [place for place, name in enumerate(term.indices) if name not in out]
    kept = tuple(name for name in term.indices if name in out)
    summed = (lambda x: x.sum(missing)) if missing else None
    return Term(out, after(term.run, summed, permuted(kept, out)))


def _pair(left: Term, right: Term, out: Names) -> Term:
    everything = union(left.indices, right.indices)
    if set(everything) == set(out):
        views = (after(term.run, aligned(term.indices, out)) for term in (left, right))
        return Term(out, both(operator.mul, *views))
    groups = _groups(left.indices, right.indices, out)
    return _as_einsum(left, right, out) if groups is None else _as_matrices(left, right, out, *groups)


def _groups(left: Names, right: Names, out: Names) -> tuple[Names, Names, Names, Names] | None:
    """The indices of a product of matrices: batch, left, right, contracted; None where it is not one."""
    shared = tuple(name for name in left if name in right)
    batch = tuple(name for name in shared if name in out)
    contracted = tuple(name for name in shared if name not in out)
    rows = tuple(name for name in left if name not in right)
    columns = tuple(name for name in right if name not in left)
    lost = any(name not in out for name in rows + columns)
    plain = len(batch) <= 1 and len(contracted) == 1 and len(columns) <= 1 and len(rows) <= 1
    linear = not batch and len(contracted) == 1 and len(columns) == 1 and (*rows, *columns) == out
    return None if lost or not (plain or linear) else (batch, rows, columns, contracted)


def _as_matrices(left: Term, right: Term, out: Names, batch: Names, rows: Names, columns: Names, inner: Names) -> Term:
    if not batch and len(rows) == len(columns) == 1 and out == (*columns, *rows):
        return _as_matrices(right, left, out, batch, columns, rows, inner)
    first = after(left.run, permuted(left.indices, batch + rows + inner))
    compute: Callable[[Any, Any], Any] = torch.matmul
    if batch:
        second = after(right.run, permuted(right.indices, batch + inner + columns))
        return Term(out, after(*_batched(first, second, rows, columns), permuted(batch + rows + columns, out)))
    if len(columns) == 1 and len(rows) == 1:
        compute = torch.mm
    second = after(right.run, permuted(right.indices, inner + columns))
    return Term(out, after(both(compute, first, second), permuted(rows + columns, out)))


def _batched(first: Run, second: Run, rows: Names, columns: Names) -> tuple[Run, View | None]:
    """A product of matrices for each element of a batch; a vector is a matrix of one row or column meanwhile."""
    as_row: View | None = None if rows else (lambda x: x.unsqueeze(1))
    as_column: View | None = None if columns else (lambda x: x.unsqueeze(2))
    single = [place for place, names in ((1, rows), (2, columns)) if not names]
    back: View | None = (lambda x: x.squeeze(single)) if single else None
    return both(torch.bmm, after(first, as_row), after(second, as_column)), back


def _as_einsum(left: Term, right: Term, out: Names) -> Term:
    spec, first, second = _spec((left, right), out), left.run, right.run
    einsum = torch.einsum
    return Term(out, lambda frame: einsum(spec, first(frame), second(frame)))
