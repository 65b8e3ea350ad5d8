"""A seeded synthetic care system, with the truth that its messages should add up to."""

from services.simulator.benchmark import adt_bodies, encounters
from services.simulator.live import live
from services.simulator.messages import Message
from services.simulator.simulation import Simulation, simulate, simulate_adt
from services.simulator.truth import TrueReferral, TrueStay, Truth

__all__ = [
    "Message",
    "Simulation",
    "TrueReferral",
    "TrueStay",
    "Truth",
    "adt_bodies",
    "encounters",
    "live",
    "simulate",
    "simulate_adt",
]
