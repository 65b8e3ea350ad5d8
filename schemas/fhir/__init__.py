"""FHIR R4 at Rust speed: is a resource valid, what is wrong with it, and how to say so."""

from schemas.fhir.order import time_problems
from schemas.fhir.outcome import outcome
from schemas.fhir.problem import Problem
from schemas.fhir.raw import holds_nul, too_deep
from schemas.fhir.rules import bundle_problems
from schemas.fhir.supported import SUPPORTED
from schemas.fhir.validate import MAX_PROBLEMS, check, is_valid, warm

__all__ = [
    "MAX_PROBLEMS",
    "SUPPORTED",
    "Problem",
    "bundle_problems",
    "check",
    "holds_nul",
    "is_valid",
    "outcome",
    "time_problems",
    "too_deep",
    "warm",
]
