"""Measures: lines of the stays, referrals and people behind each figure, and the figures of them."""
