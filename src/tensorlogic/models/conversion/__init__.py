"""Models as files of other formats: the program of a Core ML model as an ONNX model."""

from tensorlogic.models.conversion.converting import convert_model
from tensorlogic.models.conversion.result import Conversion, Port

__all__ = ["Conversion", "Port", "convert_model"]
