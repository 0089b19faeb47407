"""Core ML models: the program and the features of a file, and how values become inputs and results."""

from tensorlogic.coreml.compiled import open_compiled
from tensorlogic.coreml.features import Feature
from tensorlogic.coreml.functions import ModelFunction, read_function
from tensorlogic.coreml.model_file import ModelFile, open_package

__all__ = ["Feature", "ModelFile", "ModelFunction", "open_compiled", "open_package", "read_function"]
