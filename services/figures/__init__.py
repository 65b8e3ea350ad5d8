"""Figures that leave unasked: gauges, messages, a live stream; what was told, and restated."""
