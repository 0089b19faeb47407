"""Recurrent layers. Shapes: s steps, b samples, I inputs, H hidden units, D directions (1 or 2)."""

from tensorlogic.mil.declare import IOS15, Const, Tensor, op


@op(since=IOS15)
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    peephole: Tensor | None = None,
    weight_ih_back: Tensor | None = None,
    weight_hh_back: Tensor | None = None,
    bias_back: Tensor | None = None,
    peephole_back: Tensor | None = None,
    direction: Const[str] = "forward",
    output_sequence: Const[bool] = False,
    recurrent_activation: Const[str] = "sigmoid",
    cell_activation: Const[str] = "tanh",
    activation: Const[str] = "tanh",
    clip: Const[float] | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory: x [s, b, I], states [b, D*H], weights [4H, I] and [4H, H], bias [4H].

    Gates stand in the order input, forget, output, cell; `clip` bounds the cell state. Returns the hidden states
    of every step, [s, b, D*H], or of the last, [1, b, D*H]; and the last hidden and cell states, [b, D*H].
    The states of "reverse" stand in the order in which they are computed, those of "bidirectional" in that of x.
    """
