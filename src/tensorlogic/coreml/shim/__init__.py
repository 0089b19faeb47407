"""The drop-in for coremltools: what it takes from Apple's runtime on a Mac, on any machine.

coremltools converts models everywhere, but predicts on a Mac only: its native module ``coremltools.libcoremlpython``
is not built elsewhere. `install` provides that module, so that scripts written for a Mac run unchanged.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tensorlogic.errors import UsageError, codes

NATIVE = "coremltools.libcoremlpython"

_MACOS = (15, 6)
"""The macOS that coremltools is told of: the first with all that iOS 18 programs need, and its fixes."""

# The questions after the system that coremltools asks before it predicts, compiles or makes a state.
_ANSWERS: dict[str, Any] = {
    "_is_macos": lambda: True,
    "_macos_version": lambda: _MACOS,
    "_IS_MACOS": True,
}


def install(engine: str = "auto", device: str = "auto", precision: str = "auto") -> bool:
    """Let coremltools predict through TensorLogic; tell whether anything was installed.

    The options are those of `load_model`; with ``device="auto"``, models of ``ComputeUnit.CPU_ONLY`` keep to a CPU.
    May be called again, with other options. On a Mac coremltools has Core ML itself: nothing is done, and a line on
    stderr says so. Raises `UsageError` when coremltools is not installed.
    """
    if sys.platform == "darwin":
        print("On a Mac coremltools runs models with Core ML itself: nothing was installed.", file=sys.stderr)
        return False
    from tensorlogic.coreml.shim import native

    native._MLModelProxy.options = native.Options(engine, device, precision)
    module = ModuleType(NATIVE, native.__doc__)
    proxies = {proxy.__name__: proxy for proxy in native.PROXIES}
    vars(module).update(proxies)
    sys.modules[NATIVE] = module
    _import_coremltools().libcoremlpython = module
    for name, loaded in list(sys.modules.items()):
        if name.partition(".")[0] == "coremltools" and loaded is not module:
            _rebind(loaded, _ANSWERS | proxies)
    return True


def plan_for(chip: str | None = None) -> None:
    """Say which `chip` coremltools' compute plans are for from now on, before or after `install`.

    A chip's name, such as ``"M4 Max"``, gives what the advisor expects there, estimated from the file alone;
    ``"this machine"`` measures the operations here. None, as at first, estimates for an M1 if the compute units of a
    plan allow the Neural Engine, and measures otherwise. Raises `UsageError` for a chip that nothing is known of.
    """
    from tensorlogic.advisor.chips import chip as known
    from tensorlogic.coreml.shim import native

    if chip not in (None, native.THIS_MACHINE):
        known(chip)
    native._MLComputePlanProxy.chip = chip


def _import_coremltools() -> Any:
    try:
        import coremltools
    except ImportError:
        raise UsageError(
            codes.MISSING_PACKAGE,
            "coremltools, which is to predict through TensorLogic, is not installed",
            help="pip install coremltools",
        ) from None
    return coremltools


def _rebind(module: ModuleType, names: dict[str, Any]) -> None:
    """Modules keep what they imported by name, so each that has one of `names` is given it again."""
    for name in names.keys() & vars(module).keys():
        setattr(module, name, names[name])
