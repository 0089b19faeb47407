"""The reference engine: PyTorch on a CPU, CUDA or MPS."""

from tensorlogic.engines.torch.engine import TorchEngine

__all__ = ["TorchEngine"]
