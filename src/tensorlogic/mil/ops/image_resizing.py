"""Images in other sizes. Shapes: an image is the last two axes, height and width, of x.

The modes of sampling say which places of an axis of X pixels, at 0 to X - 1, give the N of the result, i from 0:

* STRICT_ALIGN_CORNERS: i * (X - 1) / (N - 1). ALIGN_CORNERS: the same, and the middle where N is 1.
* DEFAULT: i * X / N. OFFSET_CORNERS: (i + 0.5) * max(1, X - 1) / N. UNALIGN_CORNERS: (i + 0.5) * X / N - 0.5.

Places outside the axis are moved to its ends.
"""

from tensorlogic.mil.declare import IOS15, IOS16, IOS17, Const, Ints, Tensor, like, op


@op(since=IOS15)
def upsample_nearest_neighbor(
    x: Tensor, scale_factor_height: Const[float] = 1.0, scale_factor_width: Const[float] = 1.0
) -> Tensor:
    """Each of the floor(X * factor) pixels of an axis is the one at i * X / N, rounded down."""


@op(since=IOS15)
def upsample_bilinear(
    x: Tensor,
    scale_factor_height: Const[float] = 1.0,
    scale_factor_width: Const[float] = 1.0,
    align_corners: Const[bool] = True,
) -> Tensor:
    """floor(X * factor) pixels for an axis: STRICT_ALIGN_CORNERS, or UNALIGN_CORNERS without `align_corners`."""


@op(since=IOS16, name="upsample_bilinear")
def upsample_bilinear_centers(
    x: Tensor,
    scale_factor_height: Const[float] = 1.0,
    scale_factor_width: Const[float] = 1.0,
    align_corners: Const[bool] = True,
    half_pixel_centers: Const[bool] | None = None,
) -> Tensor:
    """The same, and DEFAULT with neither; `half_pixel_centers` is the opposite of `align_corners` where left out."""


@op(since=IOS15)
def resize_nearest_neighbor(x: Tensor, target_size_height: Const[int], target_size_width: Const[int]) -> Tensor:
    """Each pixel is the one that its centre falls into: (i + 0.5) * X / N, rounded down."""


@op(since=IOS15)
def resize_bilinear(
    x: Tensor,
    target_size_height: Const[int] = 1,
    target_size_width: Const[int] = 1,
    sampling_mode: Const[str] = "DEFAULT",
) -> Tensor:
    """Linear interpolation along both axes."""


@op(since=IOS17)
def resize(
    x: Tensor,
    shape: Ints,
    resized_dims: Const[int],
    interpolation_mode: Const[str] = "LINEAR",
    sampling_mode: Const[str] = "DEFAULT",
) -> Tensor:
    """The last `resized_dims` axes of x in the last sizes of `shape`, where 0 keeps a size.

    NEAREST_NEIGHBOR takes the pixel nearest to the place, the later one of two; its DEFAULT is UNALIGN_CORNERS. Of
    whole numbers the result is whole, rounded toward zero.
    """


@op(since=IOS15)
def crop(x: Tensor, crop_height: Const[Ints], crop_width: Const[Ints]) -> Tensor:
    """x without the first and last so many rows and columns."""


def _crop_resize(
    x: Tensor,
    roi: Tensor,
    target_height: Const[int] = 1,
    target_width: Const[int] = 1,
    normalized_coordinates: Const[bool] = False,
    spatial_scale: Const[float] = 1.0,
    box_coordinate_mode: Const[str] = "CORNERS_HEIGHT_FIRST",
    sampling_mode: Const[str] = "DEFAULT",
) -> Tensor: ...


crop_resize = like(
    _crop_resize,
    "crop_resize",
    """Boxes of x [b, c, h, w], resized: [n, b, c, target_height, target_width].

    `roi` is [n, 1, 4, 1, 1], or [n, 1, 5, 1, 1] with the index of one image before each box: then b is 1 in the
    result. A box from s to e counts as the e - s + 1 pixels of an axis; normalized, 1 stands for the last pixel.
    What falls outside the image is 0.
    """,
)


@op(since=IOS16, name="crop_resize")
def crop_resize_padded(
    x: Tensor,
    roi: Tensor,
    target_height: Const[int] = 1,
    target_width: Const[int] = 1,
    normalized_coordinates: Const[bool] = False,
    spatial_scale: Const[float] = 1.0,
    box_coordinate_mode: Const[str] = "CORNERS_HEIGHT_FIRST",
    sampling_mode: Const[str] = "DEFAULT",
    pad_value: Const[float] = 0.0,
) -> Tensor:
    """The same; what falls outside the image is `pad_value`."""


@op(since=IOS17, name="crop_resize")
def crop_resize_boxes(
    x: Tensor,
    boxes: Tensor,
    box_indices: Tensor | None = None,
    target_height: Const[int] = 1,
    target_width: Const[int] = 1,
    normalized_coordinates: Const[bool] = False,
    spatial_scale: Const[float] = 1.0,
    box_coordinate_mode: Const[str] = "CORNERS_HEIGHT_FIRST",
    sampling_mode: Const[str] = "DEFAULT",
    pad_value: Const[float] = 0.0,
) -> Tensor:
    """The same for boxes [n, 4] of the images at `box_indices` (0, 1, ...): [n, c, target_height, target_width]."""


@op(since=IOS15)
def resample(
    x: Tensor,
    coordinates: Tensor,
    sampling_mode: Const[str],
    padding_mode: Const[str],
    padding_value: Const[float],
    coordinates_mode: Const[str],
    align_corners: Const[bool],
) -> Tensor:
    """x [b, c, h, w] at `coordinates` [b, h2, w2, 2], each (column, row): [b, c, h2, w2].

    Coordinates are pixels, or from -1 or 0 to 1 between the centres of the outer pixels, or their edges without
    `align_corners`. Around x stands a constant, its border, or x itself, mirrored at the centres of its outer pixels
    (reflection) or their edges (symmetric). Halves between pixels go to the even one.
    """


@op(since=IOS15)
def affine(
    x: Tensor,
    transform_matrix: Tensor,
    output_height: Const[int],
    output_width: Const[int],
    sampling_mode: Const[str],
    padding_mode: Const[str],
    padding_value: Const[float],
    coordinates_mode: Const[str],
    align_corners: Const[bool],
) -> Tensor:
    """x [b, c, h, w] resampled at an affine map of the result's coordinates, given by [b or 1, 6] numbers.

    Row (a0, a1, a2, b0, b1, b2) maps (column, row) to (a0 * column + a1 * row + a2, b0 * column + b1 * row + b2),
    with coordinates from -1 to 1 between the centres of the outer pixels.
    """
