"""Networks of images, as far as placement looks at them: operations, shapes and sizes of weights."""

from __future__ import annotations

from tensorlogic.mil.program import Function
from tests.advisor.layers import channel_norm, convolution, einsum_attention, join_heads, layer, linear, norm
from tests.advisor.net import Net, Shape


def mobilenet() -> Function:
    """MobileNetV2 of width 1 for images of 224."""
    net = Net()
    x = convolution(net, net.input(1, 3, 224, 224), 32, 3, 2)
    for wide, outputs, repeats, stride in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for index in range(repeats):
            x = _inverted(net, x, wide, outputs, stride if index == 0 else 1)
    x = net("relu6", *net.shapes[convolution(net, x, 1280)], x=convolution(net, x, 1280))
    pooled = net("reduce_mean", 1, 1280, x=x, axes=[2, 3], keep_dims=False)
    return net.function(linear(net, pooled, 1000))


def _inverted(net: Net, x: str, wide: int, outputs: int, stride: int) -> str:
    inputs = net.shapes[x][1]
    expanded = convolution(net, x, wide * inputs)
    narrow = net("relu6", *net.shapes[expanded], x=expanded)
    each = convolution(net, narrow, wide * inputs, 3, stride, wide * inputs)
    projected = convolution(net, net("relu6", *net.shapes[each], x=each), outputs)
    if stride > 1 or inputs != outputs:
        return projected
    return net("add", *net.shapes[projected], x=x, y=projected)


DETECTOR_TAIL = frozenset({"topk", "gather_along_axis", "expand_dims", "tile"})


def detector() -> Function:
    """A detection transformer: an encoder, the best 300 places by topk, and what takes their indices."""
    net = Net()
    x = net.input(1, 576, 256)
    for _ in range(24):
        x = layer(net, x, 8, 1024)
    scores = net("reduce_max", 1, 576, x=linear(net, x, 91), axes=[-1], keep_dims=False)
    boxes = linear(net, x, 4)
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
        x = convolution(net, x, channels)
    return net.function(x)


def vision_transformer() -> Function:
    """ViT-B/16 for images of 224."""
    net = Net()
    patches = net("conv", 1, 768, 14, 14, x=net.input(1, 3, 224, 224), weight=net.constant(768, 3, 16, 16))
    flat = net("reshape", 1, 768, 196, x=patches, shape=[1, 768, 196])
    x = net("transpose", 1, 196, 768, x=flat, perm=[0, 2, 1])
    for _ in range(12):
        x = layer(net, x, 12, 3072)
    return net.function(linear(net, net("reduce_mean", 1, 768, x=x, axes=[1], keep_dims=False), 1000))


def products_in_int8(count: int) -> Function:
    """1x1 convolutions with activations that are quantized by hand."""
    net = Net()
    x = net.input(1, 5120, 1, 1024)
    for _ in range(count):
        quantized = net("quantize", 1, 5120, 1, 1024, dtype="int8", input=x, scale=0.1, output_dtype="int8")
        x = convolution(net, net("dequantize", 1, 5120, 1, 1024, input=quantized, scale=0.1), 5120)
    return net.function(x)


def boxes() -> Function:
    """A detector of one stage: strided convolutions, 80 classes at each of 1,024 places, and the best boxes."""
    net = Net()
    x = net.input(1, 3, 512, 512)
    for channels in (32, 64, 128, 256):
        x = net.like("relu", convolution(net, x, channels, 3, 2))
        for _ in range(3):
            x = net.like("add", x, y=net.like("relu", convolution(net, x, channels, 3)))
    places = {}
    for name, count in (("boxes", 4), ("scores", 80)):
        flat = net("reshape", 1, count, 1024, x=convolution(net, x, count), shape=[1, count, 1024])
        places[name] = net("transpose", 1, 1024, count, x=flat, perm=[0, 2, 1])
    shapes: list[Shape] = [(1, 100, 4), (1, 100, 80), (1, 100), (1,)]
    best = net.several(
        "non_maximum_suppression", shapes, **places, iou_threshold=0.5, score_threshold=0.3, max_boxes=100
    )
    return net.function(*best)


def moat() -> Function:
    """Tiny MOAT of size 1 for images of 256: inverted bottlenecks, the last two stages with attention."""
    net = Net()
    x = net.like("gelu", convolution(net, net.input(1, 3, 256, 256), 40, 3, 2), mode="EXACT")
    x = convolution(net, x, 40, 3)
    for channels, repeats, is_attending in ((40, 2, False), (80, 3, False), (160, 7, True), (320, 2, True)):
        for index in range(repeats):
            x = _bottleneck(net, x, channels, 2 if index == 0 else 1)
            if is_attending:
                x = _attending(net, x)
    pooled = net("reduce_mean", 1, 320, x=net.like("batch_norm", x), axes=[2, 3], keep_dims=False)
    return net.function(linear(net, pooled, 1000))


def _bottleneck(net: Net, x: str, channels: int, stride: int) -> str:
    wide = net.like("gelu", convolution(net, net.like("batch_norm", x), 4 * channels), mode="EXACT")
    each = net.like("gelu", convolution(net, wide, 4 * channels, 3, stride, 4 * channels), mode="EXACT")
    if stride > 1:
        batch, inputs, height, width = net.shapes[x]
        assert height and width
        x = net("avg_pool", batch, inputs, height // 2, width // 2, x=x, kernel_sizes=[2, 2], strides=[2, 2])
        x = convolution(net, x, channels)
    return net.like("add", x, y=convolution(net, each, channels))


def _attending(net: Net, x: str) -> str:
    batch, channels, height, width = net.shapes[x]
    assert channels and height and width
    flat = net("reshape", batch, channels, 1, height * width, x=channel_norm(net, x), shape=[1, channels, 1, -1])
    query, key, value = (convolution(net, flat, channels) for _ in range(3))
    mixed = convolution(net, einsum_attention(net, query, key, value, channels // 32), channels)
    return net.like("add", x, y=net("reshape", *net.shapes[x], x=mixed, shape=[batch, channels, height, width]))


def swin() -> Function:
    """Swin-T for images of 512, as coremltools writes its rolls (gather) and windows (reshape and transpose)."""
    net = Net()
    patches = net("conv", 1, 96, 128, 128, x=net.input(1, 3, 512, 512), weight=net.constant(96, 3, 4, 4))
    x = norm(net, net("transpose", 1, 128, 128, 96, x=patches, perm=[0, 2, 3, 1]))
    for stage, repeats in enumerate((2, 2, 6, 2)):
        x = _merged(net, x) if stage else x
        for index in range(repeats):
            x = _windowed(net, x, 3 * 2**stage, is_shifted=index % 2 == 1)
    pooled = net("reduce_mean", 1, 768, x=norm(net, x), axes=[1, 2], keep_dims=False)
    return net.function(linear(net, pooled, 1000))


def _merged(net: Net, x: str) -> str:
    _, side, _, size = net.shapes[x]
    assert side and size
    corners = [
        net("slice_by_index", 1, side // 2, side // 2, size, x=x, begin=[0, row, column, 0], stride=[1, 2, 2, 1])
        for column in range(2)
        for row in range(2)
    ]
    together = net("concat", 1, side // 2, side // 2, 4 * size, values=corners, axis=3, interleave=False)
    return linear(net, norm(net, together), 2 * size)


def _windowed(net: Net, x: str, heads: int, is_shifted: bool) -> str:
    _, side, _, size = net.shapes[x]
    assert side and size
    across = -(-side // 7)
    padded = net("pad", 1, 7 * across, 7 * across, size, x=norm(net, x), pad=[0, 0, 0, 1, 0, 1, 0, 0], mode="constant")
    windows = _cut(net, _rolled(net, padded) if is_shifted else padded, (across, 7, across, 7), (across**2, 49, size))
    mixed = _cut(net, _inside(net, windows, heads), (across, across, 7, 7), net.shapes[padded])
    mixed = _rolled(net, mixed) if is_shifted else mixed
    whole = net("slice_by_index", *net.shapes[x], x=mixed, begin=[0, 0, 0, 0], end=list(net.shapes[x]))
    x = net.like("add", x, y=whole)
    hidden = net.like("gelu", linear(net, norm(net, x), 4 * size), mode="EXACT")
    return net.like("add", x, y=linear(net, hidden, size))


def _rolled(net: Net, x: str) -> str:
    for axis in (1, 2):
        x = net.like("gather", x, indices=[*range(3, net.shapes[x][axis] or 0), 0, 1, 2], axis=axis)
    return x


def _cut(net: Net, x: str, into: tuple[int, ...], shape: Shape) -> str:
    """Places in windows, or back; the last axis of the windows and the channels are one."""
    one, two, three, four = into
    last = four * (shape[-1] or 1)
    split = net("reshape", one, two, three, last, x=x, shape=[one, two, three, last])
    swapped = net("transpose", one, three, two, last, x=split, perm=[0, 2, 1, 3])
    return net("reshape", *shape, x=swapped, shape=list(shape))


def _inside(net: Net, windows: str, heads: int) -> str:
    count, places, size = net.shapes[windows]
    each = (size or 0) // heads
    split = net("reshape", count, places, 3, heads, each, x=linear(net, windows, 3 * heads * each), shape=[-1])
    swapped = net("transpose", 3, count, heads, places, each, x=split, perm=[2, 0, 3, 1, 4])
    query, key, value = (
        net("slice_by_index", count, heads, places, each, x=swapped, begin=[index, 0, 0, 0, 0]) for index in range(3)
    )
    scores = net("matmul", count, heads, places, places, x=net.like("mul", query, y=0.177), y=key, transpose_y=True)
    weights = net.like("softmax", net.like("add", scores, y=net.constant(heads, 49, 49)), axis=-1)
    return linear(net, join_heads(net, net("matmul", count, heads, places, each, x=weights, y=value)), heads * each)
