"""How much work an operation is: floating-point operations, and bytes that are read and written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from tensorlogic.advisor.graph import Site
from tensorlogic.mil.program import Literal
from tensorlogic.mil.types import TensorType


class Work(NamedTuple):
    """What an operation computes and moves in one prediction."""

    flops: float = 0
    activations: float = 0
    """Bytes of the tensors that come in while it runs and that it gives."""
    weights: float = 0
    """Bytes of constants as they are stored."""
    dense: float = 0
    """Those of the `flops` that are in products of matrices."""
    written: float = 0
    """Bytes that convolutions and products give."""
    moves: float = 0
    """How many rearrangements it is: a transpose next to a reshape, a shuffle."""
    gates: float = 0
    """How many means of whole channels it is."""

    @property
    def bytes(self) -> float:
        """All that is read and written."""
        return self.activations + self.weights


def together(works: Iterable[Work]) -> Work:
    """The sum of works."""
    return Work(*(sum(column) for column in zip(*works, strict=True)))


def work(site: Site) -> Work:
    """The work of an operation; a size that is not known counts as 1."""
    activations = sum(size(tensor) for _, tensor in (*site.computed, *site.results))
    flops = _flops(site)
    return Work(
        flops,
        activations=0 if site.type in VIEWS else activations,
        weights=_weights(site),
        dense=flops if site.type in PRODUCTS else 0,
        written=_written(site),
        moves=_is_move(site),
        gates=_is_gate(site),
    )


PRODUCTS: Final = ("linear", "matmul", "einsum", "scaled_dot_product_attention")
CONVOLUTIONS: Final = ("conv", "conv_transpose")
SHUFFLES: Final = ("depth_to_space", "space_to_depth", "pixel_shuffle", "pixel_unshuffle", "sliding_windows")
VIEWS: Final = ("reshape", "expand_dims", "squeeze", "identity", "read_state", "flatten2d")
"""Operations that give what they are given under another shape or name."""


def _written(site: Site) -> float:
    if site.type not in (*PRODUCTS, *CONVOLUTIONS):
        return 0
    total = sum(size(tensor) for _, tensor in site.results)
    query, key = site.tensor("query"), site.tensor("key")
    if query is None or key is None:
        return total
    scores = prod(sizes(query)[:-1]) * prod(sizes(key)[-2:-1])
    return total + scores * query.dtype.bits / 8


def _is_move(site: Site) -> bool:
    """Whether axes that a reshape makes or merges change places."""
    if site.type in SHUFFLES:
        return True
    if site.type != "transpose":
        return False
    x = site.operand("x")
    maker = site.graph.maker(x) if isinstance(x, str) else None
    return (maker is not None and maker.type == "reshape") or "reshape" in site.graph.users(site)


def _is_gate(site: Site) -> bool:
    """Whether it is a mean of whole channels."""
    if site.type not in ("reduce_mean", "avg_pool"):
        return False
    x, result = sizes(site.tensor("x")), sizes(site.result)
    return len(x) == 4 and prod(result) == prod(x[:2]) != prod(x)


def elements(tensor: TensorType | None) -> int:
    """How many elements a tensor has; a size that is not known counts as 1."""
    return 0 if tensor is None else prod(size or 1 for size in tensor.shape or ())


def size(tensor: TensorType) -> float:
    """The bytes of a tensor; a size that is not known counts as 1."""
    return elements(tensor) * tensor.dtype.bits / 8


def _weights(site: Site) -> float:
    """Of a table only the rows are read that are looked up."""
    if site.type.startswith("gather"):
        return sum(size(tensor) for _, tensor in site.results)
    return sum(_stored(site, name) for name in dict.fromkeys(site.operation.names) if site.graph.is_constant(name))


def _stored(site: Site, name: str) -> float:
    """The bytes of a constant: of one that is expanded when it is loaded, those of what it is expanded from."""
    maker = site.graph.maker(name)
    if maker is None or maker.type == "const":
        tensor = site.graph.tensor(name)
        return 0 if tensor is None else size(tensor)
    total = 0.0
    for operands in (*maker.inputs.values(), *((value,) for value in maker.attributes.values())):
        for operand in operands:
            if isinstance(operand, Literal) and isinstance(operand.type, TensorType):
                total += size(operand.type)
            elif isinstance(operand, str):
                total += _stored(site, operand)
    return total


def sizes(tensor: TensorType | None) -> tuple[int, ...]:
    """The sizes of a tensor's axes; one that is not known counts as 1."""
    return () if tensor is None else tuple(size or 1 for size in tensor.shape or ())


_MOST: Final = 2**63


def prod(sizes: Iterable[int]) -> int:
    """How many there are together; of what no memory holds, so many that they count as numbers still."""
    return min(math.prod(sizes), _MOST)


def _flops(site: Site) -> float:
    rule = FLOPS.get(site.type)
    if rule is not None:
        return rule(site)
    return EACH.get(site.type, 1) * elements(site.result)


def _convolution(site: Site) -> float:
    weight = sizes(site.tensor("weight"))
    return 2 * elements(site.result) * prod(weight[1:])


def _transposed(site: Site) -> float:
    weight = sizes(site.tensor("weight"))
    return 2 * elements(site.tensor("x")) * prod(weight[1:])


def _linear(site: Site) -> float:
    weight = sizes(site.tensor("weight"))
    return 2 * elements(site.result) * (weight[-1] if weight else 1)


def _product(site: Site) -> float:
    x, transposed = sizes(site.tensor("x")), site.constant("transpose_x")
    swapped = transposed is not None and not isinstance(transposed.data, tuple) and bool(transposed.data.all())
    inner = 1 if not x else x[-2] if swapped and len(x) > 1 else x[-1]
    return 2 * elements(site.result) * inner


def _einsum(site: Site) -> float:
    """Every letter is a loop."""
    equation = site.constant("equation")
    given = site.operation.operands("values") or ()
    if equation is None or isinstance(equation.data, tuple):
        return elements(site.result)
    terms = str(equation.data).replace(" ", "").partition("->")[0].split(",")
    loops: dict[str, int] = {}
    for letters, operand in zip(terms, given, strict=False):
        loops |= dict(zip(letters, sizes(site.graph.tensor(operand)), strict=False))
    return 2 * prod(loops.values())


def _attention(site: Site) -> float:
    query, key = sizes(site.tensor("query")), sizes(site.tensor("key"))
    return 4 * prod(query) * (key[-2] if len(key) > 1 else 1)


def _recurrent(site: Site) -> float:
    x, weight, again = (sizes(site.tensor(name)) for name in ("x", "weight_ih", "weight_hh"))
    return 2 * prod(x[:2]) * (prod(weight) + prod(again))


def _pool(site: Site) -> float:
    return prod(site.integers("kernel_sizes")) * elements(site.result)


def _reduction(site: Site) -> float:
    return elements(site.tensor("x"))


FLOPS: Final[dict[str, Callable[[Site], float]]] = {
    "conv": _convolution,
    "conv_transpose": _transposed,
    "linear": _linear,
    "matmul": _product,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    **dict.fromkeys(("lstm", "gru", "rnn"), _recurrent),
    **dict.fromkeys(("avg_pool", "max_pool", "l2_pool"), _pool),
    **dict.fromkeys(
        ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_l2_norm", "reduce_sum_square"), _reduction
    ),
}
"""Operations whose work is not so much for each element that they give."""

_MOVES: Final = (
    *VIEWS,
    *("transpose", "concat", "stack", "split", "slice_by_index", "slice_by_size", "pad", "tile", "cast", "gather"),
    *("depth_to_space", "space_to_depth", "pixel_shuffle", "slice_update", "coreml_update_state"),
)
EACH: Final[dict[str, float]] = {
    **dict.fromkeys(_MOVES, 0),
    **dict.fromkeys(("exp", "log", "erf", "tanh", "sigmoid", "silu", "gelu", "softplus", "pow", "rsqrt", "sqrt"), 8),
    **dict.fromkeys(("softmax", "layer_norm", "instance_norm", "l2_norm", "batch_norm"), 8),
}
"""Floating-point operations for each element of the result, where it is not one."""
