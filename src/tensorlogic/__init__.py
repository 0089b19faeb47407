"""TensorLogic: a small language for tensors and logic that runs Core ML models on any machine.

```python
import tensorlogic as tl

model = tl.load_model("model.mlpackage")
print(model.metadata.quantization)
outputs = model.predict(image)
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tensorlogic.errors import TensorLogicError

if TYPE_CHECKING:
    from tensorlogic.models import Model, Prediction, State, load_model, save_model
    from tensorlogic.models.conversion import convert_model, convert_weights

__version__ = "0.1.0"
__all__ = [
    "Model",
    "Prediction",
    "State",
    "TensorLogicError",
    "__version__",
    "convert_model",
    "convert_weights",
    "load_model",
    "save_model",
]

# Where each public name lives; the modules behind them are loaded when a name is first used.
_HOMES = {
    **dict.fromkeys(("Model", "Prediction", "State", "load_model", "save_model"), "tensorlogic.models"),
    **dict.fromkeys(("convert_model", "convert_weights"), "tensorlogic.models.conversion"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tensorlogic' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
