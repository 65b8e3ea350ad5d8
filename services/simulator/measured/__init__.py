"""What every measure should say: counted from the simulated lives in the most naive way there is.

It shares no code with any projection, measure or message. Source: definitions, section 9.
"""

from services.simulator.measured.asked import Asked, At
from services.simulator.measured.items import Item, Population
from services.simulator.measured.measures import MEASURED, cut, figures_of, items_by, items_of

__all__ = [
    "MEASURED",
    "Asked",
    "At",
    "Item",
    "Population",
    "cut",
    "figures_of",
    "items_by",
    "items_of",
]
