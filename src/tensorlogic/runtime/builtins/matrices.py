"""Linear algebra: matrices [..., rows, columns] of floats, stacks of them one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_int, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives


def _of(name: str, tensors: int, says: str) -> None:
    """A builtin that is torch's function of one or two tensors."""

    def found(x: Any) -> torch.Tensor:
        return _function(name)(as_tensor(x))

    def of_two(a: Any, b: Any) -> torch.Tensor:
        return _function(name)(as_tensor(a), as_tensor(b))

    function: Callable[..., torch.Tensor] = found if tensors == 1 else of_two
    function.__name__, function.__doc__ = name, says
    builtin_named(name)(function)


def _function(name: str) -> Callable[..., torch.Tensor]:
    found: Callable[..., torch.Tensor] = getattr(torch.linalg, name, None) or getattr(torch, name)
    return found


for _name, _tensors, _says in (
    ("inv", 1, "The matrix that times x [n, n] is the identity; an error where there is none."),
    ("pinv", 1, "The pseudo-inverse of Moore and Penrose: of [m, n] [n, m]."),
    ("cholesky", 1, "The lower triangle L [n, n] for which L @ L' is x, which is symmetric and positive definite."),
    ("trace", 1, "The sum of the diagonal of a matrix [n, m]."),
    ("matrix_exp", 1, "The exponential of a square matrix."),
    ("solve", 2, "The x for which a @ x is b: a [n, n], b [n] or [n, k]; an error where a has no inverse."),
    ("kron", 2, "The Kronecker product: of [a, b] and [c, d] [a * c, b * d]."),
    ("cross", 2, "The cross product of vectors of three along the last axis."),
    ("cdist", 2, "The distances between rows: of [n, d] and [m, d] [n, m]."),
):
    _of(_name, _tensors, _says)


@builtin
def svd(x: Any) -> dict[str, torch.Tensor]:
    """The singular values `s` [k] of x [m, n], the largest first, in a record with `u` [m, k] and `v` [k, n].

    k is the smaller of m and n, and u * s @ v is x.
    """
    u, s, v = torch.linalg.svd(as_tensor(x), full_matrices=False)
    return {"u": u, "s": s, "v": v}


@builtin
def qr(x: Any) -> dict[str, torch.Tensor]:
    """A record of `q` [m, k] with orthonormal columns and the upper triangle `r` [k, n]; q @ r is x [m, n]."""
    q, r = torch.linalg.qr(as_tensor(x))
    return {"q": q, "r": r}


@builtin
def eigh(x: Any) -> dict[str, torch.Tensor]:
    """The eigenvalues of a symmetric matrix: a record of `values` [n], the smallest first, and `vectors` [n, n].

    Column i of `vectors` belongs to value i.
    """
    values, vectors = torch.linalg.eigh(as_tensor(x))
    return {"values": values, "vectors": vectors}


@builtin
@gives(rules.same_type())
def rot90(x: Any, times: int = 1) -> torch.Tensor:
    """The first two axes turned by 90 degrees, from the first towards the second, several times."""
    return torch.rot90(as_tensor(x), as_int(times) % 4)


@builtin
def meshgrid(*axes: Any) -> list[torch.Tensor]:
    """The coordinates of a grid: of vectors [n] and [m] two tensors [n, m], of which one goes down, one across."""
    return list(torch.meshgrid(*(as_tensor(axis) for axis in axes), indexing="ij"))
