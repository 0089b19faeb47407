"""``pytest -p tensorlogic.coreml.pytest_plugin``: tests that use coremltools predict on any machine."""

from tensorlogic.coreml import shim

shim.install()
