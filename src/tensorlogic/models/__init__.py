"""Models: one way to load them and one interface to all of them."""

from tensorlogic.models.differences import Difference, compare_models
from tensorlogic.models.inspection import Inspection, inspect_model, read_program
from tensorlogic.models.load import load_language_model, load_model
from tensorlogic.models.model import Model, Prediction
from tensorlogic.models.saving import save_model
from tensorlogic.models.state import State

__all__ = [
    "Difference",
    "Inspection",
    "Model",
    "Prediction",
    "State",
    "compare_models",
    "inspect_model",
    "load_language_model",
    "load_model",
    "read_program",
    "save_model",
]
