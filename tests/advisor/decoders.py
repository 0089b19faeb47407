"""GPT-2, and decoders for one token, as far as placement looks at them: operations, shapes and sizes."""

from __future__ import annotations

from typing import NamedTuple

from tensorlogic.mil.program import Function
from tests.advisor.layers import attention, convolution, gated, join_heads, linear, norm, rms, split_heads
from tests.advisor.net import Net


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


def three_states() -> Function:
    """A decoder that keeps three states."""
    net = Net()
    kept = [net.state(1, 16, 2048, 64) for _ in range(3)]
    keys, values, _ = (net("read_state", 1, 16, 2048, 64, input=each) for each in kept)
    return net.function(_decoding(net, net.input(1, 1, 1024), keys, values))
