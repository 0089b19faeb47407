"""Models as files of other formats: Core ML programs as ONNX models, weights as SafeTensors and GGUF."""

from tensorlogic.models.conversion.converting import convert_model
from tensorlogic.models.conversion.result import Conversion, Port
from tensorlogic.models.conversion.weights import FORMATS, WeightsConversion, convert_weights

__all__ = ["FORMATS", "Conversion", "Port", "WeightsConversion", "convert_model", "convert_weights"]
