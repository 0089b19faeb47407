"""Degrees of truth: the rules that a question needs as tensor equations, which gradients go through."""

from tensorlogic.runtime.degrees.asking import Given, Relaxation, relaxation

__all__ = ["Given", "Relaxation", "relaxation"]
