"""Reductions along axes (all of them by default)."""

from tensorlogic.mil.declare import IOS17, Const, DTypeName, Ints, Tensor, like


def _axes(x: Tensor, axes: Const[Ints] | None = None, keep_dims: Const[bool] = False) -> Tensor: ...


def _axis(x: Tensor, axis: Const[int] = -1, keep_dims: Const[bool] = False) -> Tensor: ...


def _axis_typed(
    x: Tensor,
    axis: Const[int] = -1,
    keep_dims: Const[bool] = False,
    output_dtype: Const[DTypeName] = DTypeName("int32"),  # noqa: B008
) -> Tensor: ...


reduce_l1_norm = like(_axes, "reduce_l1_norm", "The sum of absolute values.")
reduce_l2_norm = like(_axes, "reduce_l2_norm", "The square root of the sum of squares.")
reduce_log_sum = like(_axes, "reduce_log_sum", "The logarithm of the sum.")
reduce_log_sum_exp = like(_axes, "reduce_log_sum_exp", "The logarithm of the sum of exponentials.")
reduce_max = like(_axes, "reduce_max", "The largest value.")
reduce_mean = like(_axes, "reduce_mean", "The mean.")
reduce_min = like(_axes, "reduce_min", "The smallest value.")
reduce_prod = like(_axes, "reduce_prod", "The product.")
reduce_sum = like(_axes, "reduce_sum", "The sum.")
reduce_sum_square = like(_axes, "reduce_sum_square", "The sum of squares.")

reduce_argmax = like(_axis, "reduce_argmax", "The index of the largest value along one axis.")
reduce_argmin = like(_axis, "reduce_argmin", "The index of the smallest value along one axis.")

reduce_argmax_typed = like(_axis_typed, "reduce_argmax", "The same, in a chosen type.", since=IOS17)
reduce_argmin_typed = like(_axis_typed, "reduce_argmin", "The same, in a chosen type.", since=IOS17)
