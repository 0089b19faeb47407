"""Values held against declared types, as the runtime will hold them."""

from __future__ import annotations

from math import prod

from tensorlogic.lang.checked import Struct, Type
from tensorlogic.lang.inference.arrays import numel
from tensorlogic.lang.inference.facts import Fact, List, Record, Scalar, Size, Tensor
from tensorlogic.lang.inference.problem import ImpossibleError, wrong_type
from tensorlogic.lang.types import FLOATS, KINDS, becomes, with_article

Sizes = dict[str, Size]
"""What the named dimensions of a function are in one call."""


def of_type(declared: Type | None) -> Fact:
    """The fact about any value of a declared type."""
    if declared is None:
        return None
    if declared.struct is not None:
        return Record(declared.struct)
    if declared.dimensions is not None:
        return Tensor(declared.base, declared.dimensions)
    kind = KINDS[declared.base]
    return Scalar(kind, exact=kind != "float")


def of_field(declared: Type | None) -> Fact:
    """The fact about a field: its named dimensions are those of a value that nobody knows."""
    fact = of_type(declared)
    if isinstance(fact, Tensor) and fact.shape is not None:
        return fact._replace(shape=tuple(size if isinstance(size, int) else None for size in fact.shape))
    return fact


def accepted(fact: Fact, what: str, declared: Type | None, sizes: Sizes | None = None) -> Fact:
    """The fact about a value that must be of a type; `ImpossibleError` when it never is.

    New named dimensions are added to `sizes`.
    """
    if declared is None:
        return fact
    if declared.dimensions is not None:
        return _as_tensor(fact, what, declared, {} if sizes is None else sizes)
    wanted = of_type(declared)
    if not _may_be(fact, wanted):
        raise wrong_type(f"{what} must be {with_article(str(declared))}, not {with_article(str(fact))}")
    if isinstance(fact, Scalar) and isinstance(wanted, Scalar):
        same = fact.base == wanted.base
        return fact if same else wanted._replace(exact=wanted.exact or fact.exact)
    return wanted


def _may_be(fact: Fact, wanted: Fact) -> bool:
    """Whether some value with the fact is of a type that is no tensor's."""
    if fact is None:
        return True
    if isinstance(wanted, Record):
        return isinstance(fact, Record) and _is_same(fact.struct, wanted.struct)
    if not isinstance(wanted, Scalar):
        return fact == wanted
    if isinstance(fact, Scalar):
        numbers = wanted.base in ("int", "float") and fact.base in ("int", "float")
        return fact.base == wanted.base or (numbers and (wanted.base == "float" or not fact.exact))
    if not isinstance(fact, Tensor) or fact.shape or wanted.base == "string":
        return False
    return fact.dtype is None or _fits(fact.dtype, wanted.base)


def _is_same(one: Struct, other: Struct) -> bool:
    """Whether two structs are one, to which a later input may have added functions."""
    return (one.name, one.unit) == (other.name, other.unit)


def _fits(dtype: str, base: str) -> bool:
    """Whether a tensor without axes can be a scalar."""
    return KINDS[dtype] == base or (base == "float" and dtype != "bool")


def _as_tensor(fact: Fact, what: str, declared: Type, sizes: Sizes) -> Fact:
    dimensions = declared.dimensions or ()
    if not _may_be_tensor(fact, declared):
        raise _wrong(fact, what, declared)
    if not isinstance(fact, Tensor) or fact.shape is None:
        return Tensor(declared.base, tuple(_resolved(d, None, sizes) for d in dimensions))
    if len(fact.shape) != len(dimensions):
        raise _wrong(fact, what, declared)
    for dimension, size in zip(dimensions, fact.shape, strict=True):
        wanted = sizes.get(dimension) if isinstance(dimension, str) else dimension
        if isinstance(wanted, int) and isinstance(size, int) and wanted != size:
            note = f"{dimension} is {wanted} here" if isinstance(dimension, str) else None
            raise _wrong(fact, what, declared, note)
        if isinstance(dimension, str) and not isinstance(wanted, int):
            sizes[dimension] = size if wanted is None or isinstance(size, int) else wanted
    shape = tuple(_resolved(d, size, sizes) for d, size in zip(dimensions, fact.shape, strict=True))
    return Tensor(declared.base, shape)


def _resolved(dimension: Size, size: Size, sizes: Sizes) -> Size:
    if isinstance(dimension, str):
        return sizes.get(dimension, size)
    return size if dimension is None else dimension


def _may_be_tensor(fact: Fact, declared: Type) -> bool:
    """Whether some value with the fact becomes a tensor of the declared element type."""
    match fact:
        case None:
            return True
        case Tensor(dtype):
            return dtype is None or becomes(dtype, declared.base)
        case Scalar("int" | "float" | "bool" as base, exact=exact):
            # A number has as many axes as can be of size 1 in it.
            of_ones = not exact or all(d == 1 for d in declared.dimensions or ())
            return of_ones and (base != "float" or not exact or declared.base in FLOATS)
        case List():
            return declared.base == "bool"
    return False


def _wrong(fact: Fact, what: str, declared: Type, note: str | None = None) -> ImpossibleError:
    message = f"{what} must be {with_article(str(declared))}, not {with_article(str(fact))}"
    convertible = isinstance(fact, Tensor) and fact.dtype is not None and not becomes(fact.dtype, declared.base)
    help = f"Convert it: … as {declared.base}." if convertible else None
    return wrong_type(message, help, *(() if note is None else (note,)))


def declaration(fact: Fact, what: str, declared: Type) -> Tensor:
    """The fact about the tensor of a declaration that is made from a value."""
    dimensions = declared.dimensions or ()
    if isinstance(fact, Record) or (isinstance(fact, Scalar) and not _is_numeric(fact, declared.base)):
        raise _wrong(fact, what, declared)
    if not isinstance(fact, Tensor) or fact.shape is None:
        return Tensor(declared.base, tuple(d if isinstance(d, int) else None for d in dimensions))
    fixed = [d for d in dimensions if isinstance(d, int)]
    if len(fixed) == len(dimensions) and (not fact.shape or _is_flat(fact.shape, prod(fixed))):
        return Tensor(declared.base, dimensions)
    try:
        shape = _as_tensor(Tensor(declared.base, fact.shape), what, declared, {})
    except ImpossibleError:
        raise _wrong(fact, what, declared) from None
    assert isinstance(shape, Tensor)
    return shape


def _is_numeric(fact: Scalar, base: str) -> bool:
    if fact.base == "float":
        return base in FLOATS or not fact.exact
    return fact.base in ("int", "bool", "void")  # of nothing, zeros are made


def _is_flat(shape: tuple[Size, ...], count: int) -> bool:
    """Whether a tensor has one axis, and may have so many elements."""
    return len(shape) == 1 and numel(shape) in (None, count)
