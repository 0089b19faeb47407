"""Products of tensors with named indices: the order of contraction, and the operation of each pair."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from tensorlogic.errors import SourceError
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

_COPY = 16
"""An element that is copied into another order takes as long as so many multiplications."""


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
    for places in _path([term.indices for term in terms], out, sizes):
        chosen = [left.pop(place) for place in sorted(places, reverse=True)][::-1]
        indices = _kept([term.indices for term in chosen], [term.indices for term in left], out)
        check_size((sizes[name] for name in indices), dtype)
        pair = len(chosen) == 2
        left.append(_pair(chosen[0], chosen[1], indices, sizes) if pair else _alone(dense(chosen[0], sizes), indices))
    return left[0]


def _kept(chosen: Sequence[Names], left: Sequence[Names], out: Names) -> Names:
    """The indices of a product that the result or one of the other factors has."""
    return tuple(name for name in union(out, *left) if any(name in names for names in chosen))


def _path(factors: Sequence[Names], out: Names, sizes: Mapping[str, int]) -> Sequence[tuple[int, ...]]:
    """Which factors are multiplied first; each product stands behind those that are left."""
    if len(factors) < 3:
        return [tuple(range(len(factors)))]
    if len(factors) == 3:
        return min((_cost(factors, pair, out, sizes), [pair, (0, 1)]) for pair in ((0, 1), (0, 2), (1, 2)))[1]
    import opt_einsum  # only products of four and more need it

    shapes = [tuple(sizes[name] for name in names) for names in factors]
    kept = tuple(name for name in out if any(name in names for names in factors))
    path, _ = opt_einsum.contract_path(_spec(factors, kept), *shapes, shapes=True)
    return [tuple(places) for places in path]


def _cost(factors: Sequence[Names], pair: tuple[int, int], out: Names, sizes: Mapping[str, int]) -> int:
    """What a product of three factors costs: multiplications, and elements that are copied into another order."""
    first, second = (factors[place] for place in pair)
    (third,) = (names for place, names in enumerate(factors) if place not in pair)
    between = _kept([first, second], [third], out)
    return _cost_of_pair(first, second, between, sizes) + _cost_of_pair(third, between, out, sizes)


def _cost_of_pair(left: Names, right: Names, out: Names, sizes: Mapping[str, int]) -> int:
    batch, rows, columns, inner = _groups(left, right, out)
    orders = (left, (batch, rows, inner)), (right, (batch, inner, columns)), (out, (batch, rows, columns))
    copied = [names for names, groups in orders if inner and not all(_are_neighbours(group, names) for group in groups)]
    return sum(
        factor * prod(sizes[name] for name in names)
        for factor, names in ((1, union(left, right)), *((_COPY, names) for names in copied))
    )


def _are_neighbours(group: Names, names: Names) -> bool:
    """Whether some indices follow one another in a tensor, so that they are one dimension as they are."""
    return not group or names[(start := names.index(group[0])) : start + len(group)] == group


def _spec(factors: Sequence[Names], out: Names) -> str:
    """An equation in einsum's notation."""
    letters = dict(zip(union(*factors), LETTERS, strict=False))
    if any(name not in letters for names in factors for name in names):
        raise EquationError(f"a product of more than {len(LETTERS)} indices", "Write it as several equations.")
    texts = ["".join(letters[name] for name in indices) for indices in (*factors, out)]
    return f"{','.join(texts[:-1])}->{texts[-1]}"


def _alone(term: Term, out: Names) -> Term:
    missing = [place for place, name in enumerate(term.indices) if name not in out]
    kept = tuple(name for name in term.indices if name in out)
    summed = (lambda x: x.sum(missing)) if missing else None
    return Term(out, after(term.run, summed, permuted(kept, out)))


def _pair(left: Term, right: Term, out: Names, sizes: Mapping[str, int]) -> Term:
    for one, other in ((left, right), (right, left)):
        if one.sparse and not other.sparse and _multiplies(one.indices, other.indices, out):
            return _as_sparse(one, other, out)
    left, right = dense(left, sizes), dense(right, sizes)
    left, right = _without_lost(left, right.indices, out), _without_lost(right, left.indices, out)
    if set(left.indices) | set(right.indices) == set(out):
        views = (after(term.run, aligned(term.indices, out)) for term in (left, right))
        return Term(out, both(operator.mul, *views))
    groups = _groups(left.indices, right.indices, out)
    is_turned = out == (*groups.batch, *groups.columns, *groups.rows)
    if groups.batch and not (groups.rows and groups.columns):
        is_turned = bool(groups.rows)  # a row times a matrix is faster than a matrix times a column
    if is_turned:
        left, right, groups = right, left, groups._replace(rows=groups.columns, columns=groups.rows)
    return _as_matrices(left, right, out, groups, sizes)


def dense(term: Term, sizes: Mapping[str, int]) -> Term:
    """The term with all its elements, the zeros too."""
    if not term.sparse:
        return term
    check_dense([sizes[name] for name in term.indices], torch.float32)
    return term._replace(run=after(term.run, lambda x: x.to_dense()), sparse=False)


def check_dense(shape: Sequence[int], dtype: Any) -> None:
    """Refuse a sparse tensor that has to become dense and is too large for that."""
    try:
        check_size(shape, dtype)
    except SourceError as error:
        found = error.diagnostics[0]
        message = f"a relation stands here with all its zeros: {found.message}"
        help = "In a product with a vector or a matrix it stays sparse: Y[x] <- Rel[x, y] * v[y]."
        raise EquationError(message, help, code=found.code) from error


def _multiplies(sparse: Names, other: Names, out: Names) -> bool:
    """Whether a product is one of a sparse matrix and a vector or a matrix."""
    shared = [name for name in sparse if name in other]
    plain = len(sparse) == 2 and len(shared) == 1 and len(other) <= 2 and shared[0] not in out
    return plain and len(out) == len(other)


def _as_sparse(sparse: Term, other: Term, out: Names) -> Term:
    (inner,) = (name for name in sparse.indices if name in other.indices)
    (row,) = (name for name in sparse.indices if name != inner)
    columns = tuple(name for name in other.indices if name != inner)
    first = after(sparse.run, permuted(sparse.indices, (row, inner)))
    second = after(other.run, permuted(other.indices, (inner, *columns)), None if columns else lambda x: x.unsqueeze(1))
    back = None if columns else lambda x: x.squeeze(1)
    return Term(out, after(both(torch.sparse.mm, first, second), back, permuted((row, *columns), out)))


def _without_lost(term: Term, other: Names, out: Names) -> Term:
    """A factor summed over the indices that nobody else has."""
    kept = tuple(name for name in term.indices if name in out or name in other)
    return term if kept == term.indices else _alone(term, kept)


class _Groups(NamedTuple):
    """The indices of a product of matrices."""

    batch: Names
    rows: Names
    columns: Names
    inner: Names


def _groups(left: Names, right: Names, out: Names) -> _Groups:
    shared = [name for name in left if name in right]
    return _Groups(
        tuple(name for name in out if name in shared),
        tuple(name for name in out if name in left and name not in right),
        tuple(name for name in out if name in right and name not in left),
        tuple(name for name in shared if name not in out),
    )


def _as_matrices(left: Term, right: Term, out: Names, groups: _Groups, sizes: Mapping[str, int]) -> Term:
    batch, rows, columns, inner = groups
    first = after(left.run, permuted(left.indices, batch + rows + inner))
    second = after(right.run, permuted(right.indices, batch + inner + columns))
    if len(batch) > 1 and len(rows) == len(columns) == len(inner) == 1:
        return Term(out, after(both(torch.matmul, first, second), permuted(batch + rows + columns, out)))
    if not batch and len(inner) == 1 and len(columns) <= 1:  # a vector or a layer: no dimension has to be merged
        compute = torch.mm if len(rows) == len(columns) == 1 else torch.matmul
        return Term(out, after(both(compute, first, second), permuted(rows + columns, out)))
    merged = [batch] if batch else []
    run = both(
        torch.bmm if batch else torch.mm,
        after(first, _merged([*merged, rows, inner], sizes)),
        after(second, _merged([*merged, inner, columns], sizes)),
    )
    apart = None if all(len(group) == 1 for group in (batch or ("",), rows, columns)) else _apart(groups, sizes)
    return Term(out, after(run, apart, permuted(batch + rows + columns, out)))


def _merged(groups: Sequence[Names], sizes: Mapping[str, int]) -> View | None:
    """The view with one dimension for each group of neighbours."""
    if all(len(names) == 1 for names in groups):
        return None
    shape = [prod(sizes[name] for name in names) for names in groups]
    return lambda x: x.reshape(shape)


def _apart(groups: _Groups, sizes: Mapping[str, int]) -> View:
    shape = [sizes[name] for name in groups.batch + groups.rows + groups.columns]
    return lambda x: x.view(shape)
