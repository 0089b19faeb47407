"""Networks of language, as far as placement looks at them: operations, shapes and sizes of weights."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

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


def decoder_layer() -> Function:
    """A layer of a language model for one token: 33 million weights and a cache of 2,048 places."""
    net = Net()
    return net.function(_decoding(net, net.input(1, 1, 1024), *_cache(net)))


def _cache(net: Net, heads: int = 16, places: int = 2048, size: int = 64) -> list[str]:
    return [net.input(1, heads, places, size) for _ in range(2)]


def _decoding(net: Net, x: str, keys: str, values: str, wide: int = 9728, queries: int = 16) -> str:
    """A layer for one token whose key and value are put behind those of a cache."""
    _, heads, places, size = net.shapes[keys]
    normed = rms(net, x)
    query = _query(net, normed, heads, queries, size)
    key, value = (split_heads(net, linear(net, normed, heads * size), heads) for _ in range(2))
    past = net("concat", 1, heads, places + 1, size, values=[keys, key], axis=2, interleave=False)
    held = net("concat", 1, heads, places + 1, size, values=[values, value], axis=2, interleave=False)
    return _attended(net, x, query, past, held, wide)


def _query(net: Net, normed: str, heads: int, queries: int, size: int) -> str:
    shape = [1, heads, queries // heads, size]
    return net("reshape", *shape, x=linear(net, normed, queries * size), shape=shape)


def _attended(net: Net, x: str, query: str, keys: str, values: str, wide: int) -> str:
    _, heads, places, size = net.shapes[keys]
    each = net.shapes[query][2]
    scores = net("matmul", 1, heads, each, places, x=query, y=keys, transpose_y=True)
    mixed = net("matmul", 1, heads, each, size, x=net.like("softmax", scores, axis=-1), y=values)
    flat = net("reshape", 1, 1, heads * each * size, x=mixed, shape=[1, 1, heads * each * size])
    x = net.like("add", x, y=linear(net, flat, net.shapes[x][-1]))
    return net.like("add", x, y=gated(net, rms(net, x), wide))


ARGMAX_TAIL = frozenset({"mul", "tanh", "squeeze", "reduce_argmax", "expand_dims", "gather_along_axis"})


def argmax_tail() -> Function:
    """Ten layers of 1,536, a vocabulary as a convolution whose scores are bounded, and the best token's score."""
    net = Net()
    x = net.input(1, 1, 1536)
    for _ in range(10):
        x = _decoding(net, x, *_cache(net, 1, 2048, 256), wide=6144, queries=8)
    swapped = net("transpose", 1, 1536, 1, x=x, perm=[0, 2, 1])
    scores = convolution(net, net("expand_dims", 1, 1536, 1, 1, x=swapped, axes=[2]), 262144)
    flat = net("squeeze", 1, 262144, 1, x=scores, axes=[3])
    flat = net("squeeze", 1, 262144, x=flat, axes=[2])
    bounded = net.like("mul", net.like("tanh", net.like("mul", flat, y=1 / 30)), y=30.0)
    best = net("reduce_argmax", 1, dtype="int32", x=bounded, axis=1, keep_dims=False)
    place = net("expand_dims", 1, 1, dtype="int32", x=best, axes=[0])
    return net.function(best, net("gather_along_axis", 1, 1, x=bounded, indices=place, axis=1))


def short_convolutions() -> Function:
    """A decoder in which every second layer is a depthwise convolution over the last three tokens."""
    net = Net()
    x = net.input(1, 1, 1024)
    for _ in range(5):
        x = _decoding(net, x, *_cache(net))
        past = net.input(1, 1024, 1, 2)
        now = net("transpose", 1, 1024, 1, x=x, perm=[0, 2, 1])
        places = net("concat", 1, 1024, 1, 3, values=[past, net("expand_dims", 1, 1024, 1, 1, x=now, axes=[2])], axis=3)
        taps = net.constant(1024, 1, 1, 3)
        mixed = net("conv", 1, 1024, 1, 1, x=places, weight=taps, groups=1024, strides=[1, 1], pad_type="valid")
        x = net("transpose", 1, 1, 1024, x=net("squeeze", 1, 1024, 1, x=mixed, axes=[2]), perm=[0, 2, 1])
    return net.function(_decoding(net, x, *_cache(net)))


def gpt2(places: int = 512) -> Function:
    """GPT-2 over all places: 12 layers of 768, a causal mask that is added, and scores for 50,257 tokens."""
    net = Net()
    ids = net.input(1, places, dtype="int32")
    words = net("gather", 1, places, 768, x=net.constant(50257, 768), indices=ids, axis=0)
    x = net.like("add", words, y=net.constant(1, places, 768))
    mask = net.constant(1, 1, places, places)
    for _ in range(12):
        x = net.like("add", x, y=attention(net, norm(net, x), 12, mask))
        x = _widened(net, x)
    return net.function(linear(net, norm(net, x), 50257))


def _widened(net: Net, x: str) -> str:
    hidden = net.like("gelu", linear(net, norm(net, x), 3072), mode="TANH_APPROXIMATION")
    return net.like("add", x, y=linear(net, hidden, 768))


def gpt2_cached(places: int = 512) -> Function:
    """The same for one token, with keys and values of the others as inputs, and the new ones as outputs."""
    net = Net()
    ids, place = (net.input(1, 1, dtype="int32") for _ in range(2))
    words = net("gather", 1, 1, 768, x=net.constant(50257, 768), indices=ids, axis=0)
    x = net.like("add", words, y=net("gather", 1, 1, 768, x=net.constant(1024, 768), indices=place, axis=0))
    mask, caches = net.input(1, 1, 1, places + 1), []
    for _ in range(12):
        x, *new = _cached_layer(net, x, mask, places)
        caches += new
    return net.function(linear(net, norm(net, x), 50257), *caches)


def _cached_layer(net: Net, x: str, mask: str, places: int) -> tuple[str, str, str]:
    normed = norm(net, x)
    query, key, value = net.several("split", [(1, 1, 768)] * 3, x=linear(net, normed, 2304), num_splits=3, axis=2)
    keys, values = (
        net("concat", 1, places + 1, 768, values=[net.input(1, places, 768), new], axis=1, interleave=False)
        for new in (key, value)
    )
    scores = net("matmul", 1, 12, 1, places + 1, x=split_heads(net, query, 12), y=split_heads(net, keys, 12))
    masked = net.like("add", net.like("mul", scores, y=0.125), y=mask)
    mixed = net("matmul", 1, 12, 1, 64, x=net.like("softmax", masked, axis=-1), y=split_heads(net, values, 12))
    x = net.like("add", x, y=linear(net, join_heads(net, mixed), 768))
    return _widened(net, x), keys, values


def llama() -> Function:
    """Llama 3.2 with 1 billion weights for one token: 16 layers of 2,048, and scores for 128,256 tokens."""
    net = Net()
    ids = net.input(1, 1, dtype="int32")
    x = net("gather", 1, 1, 2048, x=net.constant(128256, 2048), indices=ids, axis=0)
    for _ in range(16):
        x = _decoding(net, x, *_cache(net, 8, 2048, 64), wide=8192, queries=32)
    return net.function(linear(net, rms(net, x), 128256))


class Decoder(NamedTuple):
    """A decoder that keeps its keys and values in states."""

    layers: int
    size: int
    wide: int
    heads: int
    queries: int
    each: int
    states: int = 2


def stateful(of: Decoder) -> Function:
    """One token: its keys and values are written into states at a place that is given, and read back."""
    net = Net()
    kept = [net.state(of.layers, of.heads, 2048, of.each) for _ in range(of.states)]
    begin, end = net.input(4, dtype="int32"), net.input(4, dtype="int32")
    x = net.input(1, 1, of.size)
    for _ in range(of.layers):
        normed = rms(net, x)
        query = _query(net, normed, of.heads, of.queries, of.each)
        new = (split_heads(net, linear(net, normed, of.heads * of.each), of.heads) for _ in range(2))
        keys, values = (_kept(net, kept[index % of.states], each, begin, end) for index, each in enumerate(new))
        x = _attended(net, x, query, keys, values, of.wide)
    return net.function(x)


def _kept(net: Net, state: str, new: str, begin: str, end: str) -> str:
    shape = net.shapes[state]
    held = net("read_state", *shape, input=state)
    written = net.like("slice_update", held, update=new, begin=begin, end=end)
    net("coreml_update_state", *shape, state=state, value=written)
    read = net("read_state", *shape, input=state)
    return net("slice_by_index", 1, *shape[1:], x=read, begin=[0, 0, 0, 0], end=[1, *shape[1:]])


GEMMA = Decoder(8, 1536, 6144, 1, 8, 256, states=1)
QWEN = Decoder(28, 1024, 3072, 8, 16, 128)


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


def three_states() -> Function:
    """A decoder that keeps three states."""
    net = Net()
    kept = [net.state(1, 16, 2048, 64) for _ in range(3)]
    keys, values, _ = (net("read_state", 1, 16, 2048, 64, input=each) for each in kept)
    return net.function(_decoding(net, net.input(1, 1, 1024), keys, values))
