"""Recurrent layers. Shapes: s steps, b samples, I inputs, H hidden units, D directions (1 or 2).

Every layer returns the hidden states of every step, [s, b, D*H], or of the last, [1, b, D*H], and then the last states,
[b, D*H]. The states of "reverse" stand in the order in which they are computed.
"""

from tensorlogic.mil.declare import IOS15, IOS18, Const, Tensor, op


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

    Gates stand in the order input, forget, output, cell; `clip` bounds the cell state. The last states are the
    hidden and the cell state. The states of "bidirectional" stand in the order of x.
    """


@op(since=IOS15)
def rnn(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: Const[str] = "forward",
    output_sequence: Const[bool] = False,
    activation: Const[str] = "tanh",
) -> tuple[Tensor, Tensor]:
    """h = activation(weight_ih @ x + weight_hh @ h + bias), with weights [H, I] and [H, H], bias [H]."""


@op(since=IOS15)
def gru(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: Const[str] = "forward",
    output_sequence: Const[bool] = False,
    recurrent_activation: Const[str] = "sigmoid",
    activation: Const[str] = "tanh",
) -> tuple[Tensor, Tensor]:
    """Gated recurrent units: h = (1 - z) * o + z * h, with weights [3H, I] and [3H, H], bias [3H].

    Gates stand in the order reset (r), output (o), update (z); the output gate sees r * h in place of h.
    """


@op(since=IOS18, name="gru")
def gru_reset_after(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: Const[str] = "forward",
    output_sequence: Const[bool] = False,
    recurrent_activation: Const[str] = "sigmoid",
    activation: Const[str] = "tanh",
    reset_after: Const[bool] = False,
    input_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The same, and `input_bias` is added to weight_ih @ x.

    With `reset_after`, the output gate sees r * (weight_hh @ h + bias) in place of weight_hh @ (r * h) + bias.
    """
