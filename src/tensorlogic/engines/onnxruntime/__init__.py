"""ONNX Runtime: the default on a CPU."""

from tensorlogic.engines.onnxruntime.engine import OnnxRuntimeEngine

__all__ = ["OnnxRuntimeEngine"]
