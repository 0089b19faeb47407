"""The reference engine: PyTorch on a CPU, CUDA or MPS."""

from tensorlogic.engines.torch.engine import TorchCompileEngine, TorchEngine

__all__ = ["TorchCompileEngine", "TorchEngine"]
