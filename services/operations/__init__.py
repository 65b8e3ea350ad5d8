"""Measures: their catalogue, their figures, and the stays behind each figure."""
