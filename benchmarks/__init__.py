"""How fast TensorLogic is, beside what else runs the same networks: `make bench`."""
