"""Measures: the lines of stays, referrals and people behind each figure, and the figures."""
