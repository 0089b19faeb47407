"""Functions of one value, element by element. Shapes: the output has the shape of `x`."""

from tensorlogic.mil.declare import IOS15, IOS17, Const, DTypeName, Tensor, like, op


def _plain(x: Tensor) -> Tensor: ...


abs = like(_plain, "abs", "Absolute value.")
acos = like(_plain, "acos", "Inverse cosine, in radians.")
asin = like(_plain, "asin", "Inverse sine, in radians.")
atan = like(_plain, "atan", "Inverse tangent, in radians.")
atanh = like(_plain, "atanh", "Inverse hyperbolic tangent.")
ceil = like(_plain, "ceil", "The smallest whole number not below x.")
cos = like(_plain, "cos", "Cosine of radians.")
cosh = like(_plain, "cosh", "Hyperbolic cosine.")
erf = like(_plain, "erf", "The error function.")
exp = like(_plain, "exp", "e to the power of x.")
exp2 = like(_plain, "exp2", "2 to the power of x.")
floor = like(_plain, "floor", "The largest whole number not above x.")
logical_not = like(_plain, "logical_not", "True where x is false.")
round = like(_plain, "round", "The nearest whole number; halves go to the even one.")
sign = like(_plain, "sign", "-1, 0 or 1.")
sin = like(_plain, "sin", "Sine of radians.")
sinh = like(_plain, "sinh", "Hyperbolic sine.")
sqrt = like(_plain, "sqrt", "Square root.")
square = like(_plain, "square", "x * x.")
tan = like(_plain, "tan", "Tangent of radians.")
tanh = like(_plain, "tanh", "Hyperbolic tangent.")


@op(since=IOS15)
def clip(x: Tensor, alpha: Const[float], beta: Const[float]) -> Tensor:
    """min(max(x, alpha), beta)."""


@op(since=IOS17, name="clip")
def clip_ordered(x: Tensor, alpha: Const[float], beta: Const[float]) -> Tensor:
    """The same; alpha must be below beta."""


@op(since=IOS15)
def threshold(x: Tensor, alpha: Const[float]) -> Tensor:
    """max(x, alpha)."""


@op(since=IOS15)
def inverse(x: Tensor, epsilon: Const[float] = 1e-4) -> Tensor:
    """1 / (x + epsilon)."""


@op(since=IOS15)
def log(x: Tensor, epsilon: Const[float] = 1e-45) -> Tensor:
    """The natural logarithm of x + epsilon."""


@op(since=IOS15)
def rsqrt(x: Tensor, epsilon: Const[float] = 1e-12) -> Tensor:
    """1 / sqrt(x + epsilon)."""


@op(since=IOS15)
def cast(x: Tensor, dtype: Const[DTypeName]) -> Tensor:
    """x in another element type; floats become integers by truncation toward zero. iOS 17 has 8 and 16 bits too."""
