"""f16 trouble: a model in f16 and in f32, operation by operation, and beside what it was made from."""

from tensorlogic.advisor.verification.result import Verification
from tensorlogic.advisor.verification.verifying import verify

__all__ = ["Verification", "verify"]
