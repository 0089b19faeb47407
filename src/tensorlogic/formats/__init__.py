"""Bytes on disk as descriptions and views: bounds-checked, memory-mapped, never executed."""
