"""Functions of two values, element by element, with NumPy's broadcasting."""

from tensorlogic.mil.declare import Tensor, like


def _binary(x: Tensor, y: Tensor) -> Tensor: ...


add = like(_binary, "add", "x + y.")
floor_div = like(_binary, "floor_div", "floor(x / y).")
maximum = like(_binary, "maximum", "The larger of x and y.")
minimum = like(_binary, "minimum", "The smaller of x and y.")
mod = like(_binary, "mod", "x - y * floor(x / y).")
mul = like(_binary, "mul", "x * y.")
pow = like(_binary, "pow", "x to the power of y.")
real_div = like(_binary, "real_div", "x / y; of integers, truncated toward zero.")
sub = like(_binary, "sub", "x - y.")

equal = like(_binary, "equal", "Whether x == y.")
greater = like(_binary, "greater", "Whether x > y.")
greater_equal = like(_binary, "greater_equal", "Whether x >= y.")
less = like(_binary, "less", "Whether x < y.")
less_equal = like(_binary, "less_equal", "Whether x <= y.")
not_equal = like(_binary, "not_equal", "Whether x != y.")

logical_and = like(_binary, "logical_and", "Whether both x and y hold.")
logical_or = like(_binary, "logical_or", "Whether x or y holds.")
logical_xor = like(_binary, "logical_xor", "Whether exactly one of x and y holds.")
