"""OpenVINO: bfloat16 on processors that compute in it, and an alternative to ONNX Runtime on others."""

from tensorlogic.engines.openvino.engine import OpenVinoEngine

__all__ = ["OpenVinoEngine"]
