"""Public architectures, as far as placement looks at them: operations, shapes and sizes of weights."""

from __future__ import annotations

from tensorlogic.mil.program import Function
from tests.advisor.net import Net


def _linear(net: Net, x: str, outputs: int) -> str:
    *leading, inputs = net.shapes[x]
    return net("linear", *leading, outputs, x=x, weight=net.constant(outputs, inputs), bias=net.constant(outputs))


def _norm(net: Net, x: str) -> str:
    size = net.shapes[x][-1]
    gamma, beta = net.constant(size), net.constant(size)
    return net("layer_norm", *net.shapes[x], x=x, axes=[-1], gamma=gamma, beta=beta, epsilon=1e-5)


def _heads(net: Net, x: str, heads: int) -> str:
    batch, places, size = net.shapes[x]
    split = net("reshape", batch, places, heads, size // heads, x=x, shape=[batch, places or -1, heads, size // heads])
    return net("transpose", batch, heads, places, size // heads, x=split, perm=[0, 2, 1, 3])


def _attention(net: Net, x: str, heads: int) -> str:
    batch, places, size = net.shapes[x]
    query, key, value = (_heads(net, _linear(net, x, size), heads) for _ in range(3))
    scores = net("matmul", batch, heads, places, places, x=query, y=key, transpose_y=True)
    scaled = net("mul", batch, heads, places, places, x=scores, y=0.125)
    weights = net("softmax", batch, heads, places, places, x=scaled, axis=-1)
    mixed = net("matmul", batch, heads, places, size // heads, x=weights, y=value)
    back = net("transpose", batch, places, heads, size // heads, x=mixed, perm=[0, 2, 1, 3])
    flat = net("reshape", batch, places, size, x=back, shape=[batch, places or -1, size])
    return _linear(net, flat, size)


def _layer(net: Net, x: str, heads: int, wide: int) -> str:
    size = net.shapes[x][-1]
    attended = _norm(net, net("add", *net.shapes[x], x=x, y=_attention(net, x, heads)))
    hidden = net("gelu", *net.shapes[x][:-1], wide, x=_linear(net, attended, wide), mode="EXACT")
    return _norm(net, net("add", *net.shapes[x], x=attended, y=_linear(net, hidden, size)))


def encoder(layers: int, size: int, places: int | None) -> Function:
    """A transformer encoder over embeddings that are given."""
    net = Net()
    x = net.input(1, places, size)
    for _ in range(layers):
        x = _layer(net, x, 6 if size % 6 == 0 else 4, 4 * size)
    return net.function(x)


def distilbert() -> Function:
    """Six layers of 768 over 128 tokens, with its embedding."""
    net = Net()
    ids = net.input(1, 128, dtype="int32")
    words = net("gather", 1, 128, 768, x=net.constant(30522, 768), indices=ids, axis=0)
    x = _norm(net, net("add", 1, 128, 768, x=words, y=net.constant(1, 128, 768)))
    for _ in range(6):
        x = _layer(net, x, 12, 3072)
    first = net("slice_by_index", 1, 768, x=x, begin=[0, 0, 0], end=[1, 1, 768], squeeze_mask=[False, True, False])
    hidden = net("relu", 1, 768, x=_linear(net, first, 768))
    return net.function(_linear(net, hidden, 2))


def _convolution(net: Net, x: str, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> str:
    batch, inputs, height, width = net.shapes[x]
    weight = net.constant(outputs, inputs // groups, kernel, kernel)
    return net(
        "conv",
        batch,
        outputs,
        -(-height // stride),
        None if width is None else -(-width // stride),
        x=x,
        weight=weight,
        bias=net.constant(outputs),
        strides=[stride, stride],
        pad_type="same",
        groups=groups,
        dilations=[1, 1],
    )


def _channel_norm(net: Net, x: str) -> str:
    """A layer_norm over channels, written out as the rewritten transformers do."""
    shape = net.shapes[x]
    one = (shape[0], 1, *shape[2:])
    centred = net("sub", *shape, x=x, y=net("reduce_mean", *one, x=x, axes=[1], keep_dims=True))
    square = net("square", *shape, x=centred)
    spread = net("rsqrt", *one, x=net("reduce_mean", *one, x=square, axes=[1], keep_dims=True), epsilon=1e-5)
    scaled = net("mul", *shape, x=net("mul", *shape, x=centred, y=spread), y=net.constant(1, shape[1], 1, 1))
    return net("add", *shape, x=scaled, y=net.constant(1, shape[1], 1, 1))


def _rewritten_layer(net: Net, x: str, heads: int) -> str:
    _, size, _, places = net.shapes[x]
    each = size // heads
    query, key, value = (_convolution(net, x, size) for _ in range(3))
    across = net("transpose", 1, places, 1, size, x=key, perm=[0, 3, 2, 1])
    queries = net.several("split", [(1, each, 1, places)] * heads, x=query, num_splits=heads, axis=1)
    keys = net.several("split", [(1, places, 1, each)] * heads, x=across, num_splits=heads, axis=3)
    values = net.several("split", [(1, each, 1, places)] * heads, x=value, num_splits=heads, axis=1)
    mixed = []
    for one, other, third in zip(queries, keys, values, strict=True):
        scores = net("einsum", 1, places, 1, places, values=[one, other], equation="nchw,nwhu->nuhw")
        weights = net("softmax", 1, places, 1, places, x=net("mul", 1, places, 1, places, x=scores, y=0.125), axis=1)
        mixed.append(net("einsum", 1, each, 1, places, values=[weights, third], equation="nchw,nuhc->nuhw"))
    attended = _convolution(net, net("concat", 1, size, 1, places, values=mixed, axis=1, interleave=False), size)
    x = _channel_norm(net, net("add", *net.shapes[x], x=x, y=attended))
    hidden = net("gelu", 1, 4 * size, 1, places, x=_convolution(net, x, 4 * size), mode="EXACT")
    return _channel_norm(net, net("add", *net.shapes[x], x=x, y=_convolution(net, hidden, size)))


def distilbert_rewritten() -> Function:
    """The same in Apple's layout: channels in the second place, 1x1 convolutions, one head at a time."""
    net = Net()
    ids = net.input(1, 128, dtype="int32")
    words = net("gather", 1, 128, 768, x=net.constant(30522, 768), indices=ids, axis=0)
    swapped = net("transpose", 1, 768, 128, x=words, perm=[0, 2, 1])
    x = _channel_norm(net, net("expand_dims", 1, 768, 1, 128, x=swapped, axes=[2]))
    for _ in range(6):
        x = _rewritten_layer(net, x, 12)
    return net.function(x)


def mobilenet() -> Function:
    """MobileNetV2 of width 1 for images of 224."""
    net = Net()
    x = _convolution(net, net.input(1, 3, 224, 224), 32, 3, 2)
    for wide, outputs, repeats, stride in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for index in range(repeats):
            x = _inverted(net, x, wide, outputs, stride if index == 0 else 1)
    x = net("relu6", *net.shapes[_convolution(net, x, 1280)], x=_convolution(net, x, 1280))
    pooled = net("reduce_mean", 1, 1280, x=x, axes=[2, 3], keep_dims=False)
    return net.function(_linear(net, pooled, 1000))


def _inverted(net: Net, x: str, wide: int, outputs: int, stride: int) -> str:
    inputs = net.shapes[x][1]
    expanded = _convolution(net, x, wide * inputs)
    narrow = net("relu6", *net.shapes[expanded], x=expanded)
    each = _convolution(net, narrow, wide * inputs, 3, stride, wide * inputs)
    projected = _convolution(net, net("relu6", *net.shapes[each], x=each), outputs)
    if stride > 1 or inputs != outputs:
        return projected
    return net("add", *net.shapes[projected], x=x, y=projected)


DETECTOR_TAIL = frozenset({"topk", "gather_along_axis", "expand_dims", "tile"})


def detector() -> Function:
    """A detection transformer: an encoder, the best 300 places by topk, and what takes their indices."""
    net = Net()
    x = net.input(1, 576, 256)
    for _ in range(24):
        x = _layer(net, x, 8, 1024)
    scores = net("reduce_max", 1, 576, x=_linear(net, x, 91), axes=[-1], keep_dims=False)
    boxes = _linear(net, x, 4)
    _, best = net.several("topk", [(1, 300), (1, 300)], x=scores, k=300, axis=-1)
    places = net("expand_dims", 1, 300, 1, dtype="int32", x=best, axes=[-1])
    tiled = net("tile", 1, 300, 4, dtype="int32", x=places, reps=[1, 1, 4])
    chosen = net("gather_along_axis", 1, 300, 4, x=boxes, indices=tiled, axis=1)
    return net.function(chosen)


def convolutions(count: int, channels: int, places: int) -> Function:
    """1x1 convolutions, one after the other."""
    net = Net()
    x = net.input(1, channels, 1, places)
    for _ in range(count):
        x = _convolution(net, x, channels)
    return net.function(x)


def linear_attention(layers: int = 1) -> Function:
    """Layers of linear attention over 512 places: products, gates and one cumulative sum each."""
    net = Net()
    x = net.input(1, 512, 1024)
    for _ in range(layers):
        x = _linear_layer(net, x)
    return net.function(x)


def _linear_layer(net: Net, x: str) -> str:
    shape = net.shapes[x]
    query, key, value, gate = (_linear(net, x, 1024) for _ in range(4))
    decay = net("cumsum", *shape, x=net("softplus", *shape, x=gate), axis=1)
    key = net("mul", *shape, x=key, y=net("exp", *shape, x=decay))
    for _ in range(30):
        scores = net("matmul", 1, 512, 512, x=query, y=key, transpose_y=True)
        masked = net("mul", 1, 512, 512, x=scores, y=net.constant(1, 512, 512))
        mixed = net("matmul", *shape, x=masked, y=value)
        value = net("add", *shape, x=value, y=mixed)
        key = net("mul", *shape, x=key, y=net("sigmoid", *shape, x=value))
    hidden = net("silu", 1, 512, 3584, x=_linear(net, value, 3584))
    return net("add", *shape, x=x, y=_linear(net, hidden, 1024))


def decoder_layer() -> Function:
    """A layer of a language model for one token: 33 million weights and a cache of 2,048 places."""
    net = Net()
    x, keys, values = net.input(1, 1, 1024), net.input(1, 16, 2048, 64), net.input(1, 16, 2048, 64)
    x = _decoding(net, x, keys, values)
    return net.function(x)


def _rms(net: Net, x: str) -> str:
    shape = net.shapes[x]
    square = net("reduce_mean", *shape[:-1], 1, x=net("pow", *shape, x=x, y=2.0), axes=[-1], keep_dims=True)
    scale = net("rsqrt", *shape[:-1], 1, x=square, epsilon=1e-6)
    return net("mul", *shape, x=net("mul", *shape, x=x, y=scale), y=net.constant(shape[-1]))


def _decoding(net: Net, x: str, keys: str, values: str) -> str:
    normed = _rms(net, x)
    query = _heads(net, _linear(net, normed, 1024), 16)
    key, value = (_heads(net, _linear(net, normed, 1024), 16) for _ in range(2))
    past = net("concat", 1, 16, 2049, 64, values=[keys, key], axis=2, interleave=False)
    held = net("concat", 1, 16, 2049, 64, values=[values, value], axis=2, interleave=False)
    scores = net("matmul", 1, 16, 1, 2049, x=query, y=past, transpose_y=True)
    weights = net("softmax", 1, 16, 1, 2049, x=scores, axis=-1)
    mixed = net("matmul", 1, 16, 1, 64, x=weights, y=held)
    flat = net("reshape", 1, 1, 1024, x=mixed, shape=[1, 1, 1024])
    x = net("add", 1, 1, 1024, x=x, y=_linear(net, flat, 1024))
    normed = _rms(net, x)
    gate = net("silu", 1, 1, 9728, x=_linear(net, normed, 9728))
    hidden = net("mul", 1, 1, 9728, x=gate, y=_linear(net, normed, 9728))
    return net("add", 1, 1, 1024, x=x, y=_linear(net, hidden, 1024))


ARGMAX_TAIL = frozenset({"squeeze", "reduce_argmax", "expand_dims", "gather_along_axis"})


def argmax_tail() -> Function:
    """Two such layers, a vocabulary as a convolution, and the best token with its score."""
    net = Net()
    x = net.input(1, 1, 1024)
    for _ in range(4):
        x = _decoding(net, x, net.input(1, 16, 2048, 64), net.input(1, 16, 2048, 64))
    swapped = net("transpose", 1, 1024, 1, x=x, perm=[0, 2, 1])
    scores = _convolution(net, net("expand_dims", 1, 1024, 1, 1, x=swapped, axes=[2]), 60000)
    flat = net("squeeze", 1, 60000, x=scores, axes=[2, 3])
    best = net("reduce_argmax", 1, dtype="int32", x=flat, axis=1, keep_dims=False)
    place = net("expand_dims", 1, 1, dtype="int32", x=best, axes=[0])
    return net.function(best, net("gather_along_axis", 1, 1, x=flat, indices=place, axis=1))


def vision_transformer() -> Function:
    """ViT-B/16 for images of 224."""
    net = Net()
    patches = net("conv", 1, 768, 14, 14, x=net.input(1, 3, 224, 224), weight=net.constant(768, 3, 16, 16))
    flat = net("reshape", 1, 768, 196, x=patches, shape=[1, 768, 196])
    x = net("transpose", 1, 196, 768, x=flat, perm=[0, 2, 1])
    for _ in range(12):
        x = _layer(net, x, 12, 3072)
    return net.function(_linear(net, net("reduce_mean", 1, 768, x=x, axes=[1], keep_dims=False), 1000))


def lstm() -> Function:
    """A detector of speech: two recurrent layers over a spectrum."""
    net = Net()
    x = net.input(100, 1, 64)
    for _ in range(2):
        x = net.several(
            "lstm",
            [(100, 1, 128), (1, 128), (1, 128)],
            x=x,
            initial_h=net.constant(1, 128),
            initial_c=net.constant(1, 128),
            weight_ih=net.constant(512, net.shapes[x][-1]),
            weight_hh=net.constant(512, 128),
            output_sequence=True,
        )[0]
    return net.function(net("sigmoid", 100, 1, 1, x=_linear(net, x, 1)))


def normalized() -> Function:
    """An encoder whose tensors have three axes."""
    return encoder(12, 768, 384)


def embedding_encoder() -> Function:
    """Twelve layers over tokens that are looked up."""
    net = Net()
    ids = net.input(1, 512, dtype="int32")
    x = net("gather", 1, 512, 768, x=net.constant(60000, 768), indices=ids, axis=0)
    for _ in range(24):
        x = _layer(net, x, 12, 1152)
    return net.function(x)


def prefill() -> Function:
    """28 layers of a language model over 128 tokens that are looked up."""
    net = Net()
    ids = net.input(1, 128, dtype="int32")
    x = net("gather", 1, 128, 1024, x=net.constant(60000, 1024), indices=ids, axis=0)
    for _ in range(28):
        x = net("add", 1, 128, 1024, x=x, y=_attention(net, _rms(net, x), 16))
        normed = _rms(net, x)
        gate = net("silu", 1, 128, 3072, x=_linear(net, normed, 3072))
        hidden = net("mul", 1, 128, 3072, x=gate, y=_linear(net, normed, 3072))
        x = net("add", 1, 128, 1024, x=x, y=_linear(net, hidden, 1024))
    return net.function(x)


def short_convolutions() -> Function:
    """A decoder in which every second layer is a depthwise convolution over the last three tokens."""
    net = Net()
    x = net.input(1, 1, 1024)
    for _ in range(5):
        x = _decoding(net, x, net.input(1, 16, 2048, 64), net.input(1, 16, 2048, 64))
        past = net.input(1, 1024, 1, 2)
        now = net("transpose", 1, 1024, 1, x=x, perm=[0, 2, 1])
        places = net("concat", 1, 1024, 1, 3, values=[past, net("expand_dims", 1, 1024, 1, 1, x=now, axes=[2])], axis=3)
        taps = net.constant(1024, 1, 1, 3)
        mixed = net("conv", 1, 1024, 1, 1, x=places, weight=taps, groups=1024, strides=[1, 1], pad_type="valid")
        x = net("transpose", 1, 1, 1024, x=net("squeeze", 1, 1024, 1, x=mixed, axes=[2]), perm=[0, 2, 1])
    return net.function(_decoding(net, x, net.input(1, 16, 2048, 64), net.input(1, 16, 2048, 64)))


def three_states() -> Function:
    """A decoder that keeps three states."""
    net = Net()
    kept = [net.state(1, 16, 2048, 64) for _ in range(3)]
    keys, values, _ = (net("read_state", 1, 16, 2048, 64, input=each) for each in kept)
    return net.function(_decoding(net, net.input(1, 1, 1024), keys, values))


def products_in_int8(count: int) -> Function:
    """1x1 convolutions with activations that are quantized by hand."""
    net = Net()
    x = net.input(1, 5120, 1, 1024)
    for _ in range(count):
        quantized = net("quantize", 1, 5120, 1, 1024, dtype="int8", input=x, scale=0.1, output_dtype="int8")
        x = _convolution(net, net("dequantize", 1, 5120, 1, 1024, input=quantized, scale=0.1), 5120)
    return net.function(x)
