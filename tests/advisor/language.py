"""Networks of language that look at all places, as far as placement looks at them: operations, shapes and sizes."""

from __future__ import annotations

from math import inf

from tensorlogic.mil.program import Function
from tests.advisor.layers import (
    attention,
    channel_norm,
    convolution,
    einsum_attention,
    gated,
    join_heads,
    layer,
    linear,
    norm,
    rms,
    split_heads,
)
from tests.advisor.net import Net


def encoder(layers: int, size: int, places: int | None) -> Function:
    """A transformer encoder over embeddings that are given."""
    net = Net()
    x = net.input(1, places, size)
    for _ in range(layers):
        x = layer(net, x, 6 if size % 6 == 0 else 4, 4 * size)
    return net.function(x)


def distilbert() -> Function:
    """What coremltools makes of the DistilBERT of 2022 over 128 tokens: its mask is compared once and tiled."""
    net = Net()
    ids, given = (net.input(1, 128, dtype="int32") for _ in range(2))
    words = net("gather", 1, 128, 768, x=net.constant(30522, 768), indices=ids, axis=0)
    x = norm(net, net.like("add", words, y=net.constant(1, 128, 768)))
    masked = net("equal", 1, 128, dtype="bool", x=given, y=0)
    masked = net("reshape", 1, 1, 1, 128, dtype="bool", x=masked, shape=[1, 1, 1, 128])
    masked = net("tile", 1, 12, 128, 128, dtype="bool", x=masked, reps=[1, 12, 128, 1])
    for _ in range(6):
        x = _stock_layer(net, x, masked)
    first = net("slice_by_index", 1, 768, x=x, begin=[0, 0, 0], end=[1, 1, 768], squeeze_mask=[False, True, False])
    scores = linear(net, net.like("relu", linear(net, first, 768)), 2)
    return net.function(net("cast", 1, 2, dtype="fp32", x=scores))


def _stock_layer(net: Net, x: str, masked: str) -> str:
    query, key, value = (net("reshape", 1, 128, 12, 64, x=linear(net, x, 768), shape=[1, -1, 12, 64]) for _ in range(3))
    query = net("transpose", 1, 12, 128, 64, x=net.like("mul", query, y=0.125), perm=[0, 2, -3, -1])
    key = net("transpose", 1, 12, 64, 128, x=key, perm=[0, 2, -1, -3])
    scores = net("matmul", 1, 12, 128, 128, x=query, y=key)
    kept = net("select", 1, 12, 128, 128, cond=masked, a=-inf, b=scores)
    value = net("transpose", 1, 12, 128, 64, x=value, perm=[0, 2, 1, 3])
    mixed = net("matmul", 1, 12, 128, 64, x=net.like("softmax", kept, axis=-1), y=value)
    attended = norm(net, net.like("add", linear(net, join_heads(net, mixed), 768), y=x))
    hidden = net.like("gelu", linear(net, attended, 3072), mode="EXACT")
    return norm(net, net.like("add", linear(net, hidden, 768), y=attended))


def _rewritten_layer(net: Net, x: str, heads: int) -> str:
    _, size, _, places = net.shapes[x]
    query, key, value = (convolution(net, x, size) for _ in range(3))
    attended = convolution(net, einsum_attention(net, query, key, value, heads), size)
    x = channel_norm(net, net("add", *net.shapes[x], x=x, y=attended))
    hidden = net("gelu", 1, 4 * size, 1, places, x=convolution(net, x, 4 * size), mode="EXACT")
    return channel_norm(net, net("add", *net.shapes[x], x=x, y=convolution(net, hidden, size)))


def distilbert_rewritten() -> Function:
    """The same in Apple's layout: channels in the second place, 1x1 convolutions, one head at a time."""
    net = Net()
    ids = net.input(1, 128, dtype="int32")
    words = net("gather", 1, 128, 768, x=net.constant(30522, 768), indices=ids, axis=0)
    swapped = net("transpose", 1, 768, 128, x=words, perm=[0, 2, 1])
    x = channel_norm(net, net("expand_dims", 1, 768, 1, 128, x=swapped, axes=[2]))
    for _ in range(6):
        x = _rewritten_layer(net, x, 12)
    return net.function(x)


def linear_attention() -> Function:
    """A layer of linear attention over 512 places: products, gates and one cumulative sum."""
    net = Net()
    return net.function(_linear_layer(net, net.input(1, 512, 1024)))


def mostly_linear_attention() -> Function:
    """Three such layers, and a fourth with full attention."""
    net = Net()
    x = net.input(1, 512, 1024)
    for _ in range(3):
        x = _linear_layer(net, x)
    x = net.like("add", x, y=attention(net, rms(net, x), 16))
    return net.function(net.like("add", x, y=gated(net, rms(net, x), 3584)))


def _linear_layer(net: Net, x: str) -> str:
    shape = net.shapes[x]
    query, key, value, gate = (linear(net, x, 1024) for _ in range(4))
    decay = net("cumsum", *shape, x=net("softplus", *shape, x=gate), axis=1)
    key = net("mul", *shape, x=key, y=net("exp", *shape, x=decay))
    for _ in range(30):
        scores = net("matmul", 1, 512, 512, x=query, y=key, transpose_y=True)
        masked = net("mul", 1, 512, 512, x=scores, y=net.constant(1, 512, 512))
        mixed = net("matmul", *shape, x=masked, y=value)
        value = net("add", *shape, x=value, y=mixed)
        key = net("mul", *shape, x=key, y=net("sigmoid", *shape, x=value))
    hidden = net("silu", 1, 512, 3584, x=linear(net, value, 3584))
    return net("add", *shape, x=x, y=linear(net, hidden, 1024))


def linear_attention_decoding() -> Function:
    """A layer of gated linear attention for one token: a convolution over the last four, and a state that decays."""
    net = Net()
    x, past, state = net.input(1, 1, 1024), net.input(1, 6144, 3), net.input(1, 16, 128, 128)
    normed = rms(net, x)
    mixed = net("transpose", 1, 6144, 1, x=linear(net, normed, 6144), perm=[0, 2, 1])
    window = net("concat", 1, 6144, 4, values=[past, mixed], axis=2, interleave=False)
    taps = net.constant(6144, 1, 4)
    mixed = net("conv", 1, 6144, 1, x=window, weight=taps, groups=6144, strides=[1], pad_type="valid")
    split = net("reshape", 1, 48, 1, 128, x=net.like("silu", mixed), shape=[1, 48, 1, 128])
    query, key, value = net.several("split", [(1, 16, 1, 128)] * 3, x=split, num_splits=3, axis=1)
    query, key = (rms(net, each) for each in (query, key))
    decay, written = (_per_head(net, normed, 16) for _ in range(2))
    state = net.like("mul", state, y=net.like("exp", decay))
    change = net.like("mul", net.like("sub", value, y=net.like("matmul", key, y=state)), y=written)
    state = net.like("add", state, y=net("matmul", 1, 16, 128, 128, x=key, y=change, transpose_x=True))
    output = join_heads(net, rms(net, net.like("matmul", query, y=state)))
    output = net.like("mul", output, y=net.like("silu", linear(net, normed, 2048)))
    x = net.like("add", x, y=linear(net, output, 1024))
    return net.function(net.like("add", x, y=gated(net, rms(net, x), 3584)), state)


def _per_head(net: Net, normed: str, heads: int) -> str:
    scores = net.like("sigmoid", linear(net, normed, heads))
    return net("reshape", 1, heads, 1, 1, x=scores, shape=[1, heads, 1, 1])


def gated_delta(chunks: int) -> Function:
    """A layer of gated linear attention, 64 places at a time; its cumulative sums are products with triangles."""
    net = Net()
    x = net.input(1, 64 * chunks, 2048)
    query, key, value, gate = (linear(net, x, 2048) for _ in range(4))
    state = net.input(1, 16, 128, 128)
    given = [split_heads(net, each, 16) for each in (query, key, value)]
    pieces = [net.several("split", [(1, 16, 64, 128)] * chunks, x=each, num_splits=chunks, axis=2) for each in given]
    done = []
    for piece in zip(*pieces, strict=True):
        output, state = _delta_chunk(net, piece, state)
        done.append(output)
    mixed = join_heads(net, net("concat", 1, 16, 64 * chunks, 128, values=done, axis=2, interleave=False))
    return net.function(linear(net, net.like("mul", mixed, y=net.like("silu", gate)), 2048), state)


def _delta_chunk(net: Net, piece: tuple[str, ...], state: str) -> tuple[str, str]:
    query, key, value = piece
    triangle = net.constant(64, 64)
    written = net.like("sigmoid", key)
    summed = net("matmul", 1, 16, 64, 128, x=triangle, y=written)
    decay = net.like("exp", summed)
    key = net.like("mul", key, y=decay)
    lower = net.like("mul", _scores(net, net.like("mul", key, y=written), key), y=triangle)
    inverse = net.like("add", lower, y=triangle)
    for _ in range(9):
        inverse = net.like("add", net("matmul", 1, 16, 64, 64, x=lower, y=inverse), y=triangle)
    values, keys = (net("matmul", 1, 16, 64, 128, x=inverse, y=each) for each in (value, key))
    values = net.like("sub", values, y=net("matmul", 1, 16, 64, 128, x=keys, y=state))
    inside = net("matmul", 1, 16, 64, 128, x=net.like("mul", _scores(net, query, key), y=triangle), y=values)
    outside = net("matmul", 1, 16, 64, 128, x=net.like("mul", query, y=decay), y=state)
    state = net.like("mul", state, y=0.9)
    state = net.like("add", state, y=net("matmul", 1, 16, 128, 128, x=key, y=values, transpose_x=True))
    return net.like("add", inside, y=outside), state


def _scores(net: Net, x: str, y: str) -> str:
    return net("matmul", 1, 16, 64, 64, x=x, y=y, transpose_y=True)


def compressed(block: int | None) -> Function:
    """The wide layers of two layers of Qwen 2 0.5B as convolutions: int4 in blocks, or int8 for whole tensors."""
    net = Net()
    x = net.input(1, 896, 1, 64)
    for _ in range(4):
        for outputs in (4864, 896):
            weight = net.quantized(outputs, net.shapes[x][1], 1, 1, block=block)
            x = net("conv", 1, outputs, 1, 64, x=x, weight=weight, strides=[1, 1], pad_type="valid")
    return net.function(x)


def normalized() -> Function:
    """An encoder whose tensors have three axes."""
    return encoder(12, 768, 384)


def embedding_encoder() -> Function:
    """Twelve layers over tokens that are looked up."""
    net = Net()
    ids = net.input(1, 512, dtype="int32")
    x = net("gather", 1, 512, 768, x=net.constant(60000, 768), indices=ids, axis=0)
    for _ in range(24):
        x = layer(net, x, 12, 1152)
    return net.function(x)


def prefill() -> Function:
    """28 layers of a language model over 128 tokens that are looked up."""
    net = Net()
    ids = net.input(1, 128, dtype="int32")
    x = net("gather", 1, 128, 1024, x=net.constant(60000, 1024), indices=ids, axis=0)
    for _ in range(28):
        x = net.like("add", x, y=attention(net, rms(net, x), 16))
        x = net.like("add", x, y=gated(net, rms(net, x), 3072))
    return net.function(x)
