"""Degrees of truth: the rules that a question needs as tensor equations, which gradients go through."""

from tensorlogic.runtime.degrees.asking import Given, Relaxation, Relaxations

__all__ = ["Given", "Relaxation", "Relaxations"]
