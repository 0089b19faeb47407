"""Programs of every form that MIL has, for properties that hold of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tensorlogic.mil import (
    BlobReference,
    Block,
    DictType,
    Function,
    ListType,
    Literal,
    Operation,
    Program,
    StateType,
    TensorType,
    TupleType,
    Type,
    Value,
)
from tensorlogic.mil.types import BOOL, DTYPES, STRING, DType

# Names are words or any text; protobuf holds no halves of surrogate pairs.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True) | TEXTS.filter(bool)
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
SCALARS = st.sampled_from(list(DTYPES.values())).map(TensorType)


def _dimensions() -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.none() | st.integers(0, 1 << 40), max_size=4).map(tuple)


KEPT = st.builds(
    TensorType, st.sampled_from(list(DTYPES.values())), st.lists(st.integers(0, 1 << 40), max_size=4).map(tuple)
)
TYPES: st.SearchStrategy[Type] = st.recursive(
    st.builds(TensorType, st.sampled_from(list(DTYPES.values())), _dimensions()) | st.builds(StateType, KEPT),
    lambda inner: st.one_of(
        st.builds(ListType, inner, st.none() | st.integers(0, 1 << 40)),
        st.builds(DictType, inner, inner),
        st.builds(TupleType, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)


@st.composite
def arrays_of(draw: st.DrawFn, dtype: DType, shape: tuple[int, ...]) -> np.ndarray:
    if dtype == STRING:
        return draw(arrays.arrays(object, shape, elements=TEXTS))
    if dtype == BOOL or dtype.numpy is not None:
        return draw(arrays.arrays(np.dtype(dtype.numpy), shape))
    count = int(np.prod(shape)) * dtype.bits
    bits = draw(arrays.arrays(np.uint8, count, elements=st.integers(0, 1)))
    return np.packbits(bits, bitorder="little")


@st.composite
def tensors(draw: st.DrawFn) -> Literal:
    dtype, shape = draw(st.sampled_from(list(DTYPES.values()))), draw(SHAPES)
    return Literal(TensorType(dtype, shape), draw(arrays_of(dtype, shape)))


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[Literal]) -> Literal:
    element, count = draw(inner), draw(st.integers(0, 3))
    return Literal(ListType(element.type, draw(st.sampled_from([None, count]))), (element,) * count)


@st.composite
def dictionaries(draw: st.DrawFn, inner: st.SearchStrategy[Literal]) -> Literal:
    key, value, count = draw(inner), draw(inner), draw(st.integers(0, 2))
    entry = Literal(TupleType((key.type, value.type)), (key, value))
    return Literal(DictType(key.type, value.type), (entry,) * count)


def tuples(inner: st.SearchStrategy[Literal]) -> st.SearchStrategy[Literal]:
    several = st.lists(inner, max_size=3).map(tuple)
    return several.map(lambda found: Literal(TupleType(tuple(each.type for each in found)), found))


IMMEDIATE = st.recursive(
    tensors(), lambda inner: st.one_of(lists(inner), dictionaries(inner), tuples(inner)), max_leaves=4
)
STORED = st.builds(
    Literal,
    st.builds(TensorType, SCALARS.map(lambda scalar: scalar.dtype), SHAPES),
    st.just(np.zeros(0)),
    st.builds(BlobReference, TEXTS, st.integers(0, (1 << 64) - 1)),
)
LITERALS = IMMEDIATE | STORED
VALUES = st.builds(Value, NAMES, TYPES)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


def named(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, strategy, max_size=2)


def operations(blocks: st.SearchStrategy[tuple[Block, ...]]) -> st.SearchStrategy[Operation]:
    operands = named(several(NAMES | LITERALS))
    return st.builds(Operation, NAMES, operands, several(VALUES), named(LITERALS), blocks)


def blocks_of(inner: st.SearchStrategy[Operation], inputs: st.SearchStrategy[Any]) -> st.SearchStrategy[Block]:
    return st.builds(Block, inputs, several(inner), several(NAMES))


OPERATIONS = st.recursive(
    operations(st.just(())),
    lambda inner: operations(several(blocks_of(inner, several(VALUES)))),
    max_leaves=3,
)
FUNCTIONS = st.builds(
    Function,
    NAMES,
    several(VALUES),
    st.integers(15, 18),
    blocks_of(OPERATIONS, st.just(())),
    named(LITERALS),
)
PROGRAMS = st.builds(
    lambda functions, attributes: Program({each.name: each for each in functions}, "", attributes),
    st.lists(FUNCTIONS, max_size=2),
    named(LITERALS),
)
