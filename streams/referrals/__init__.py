"""Referrals: who asked whom for what, who has it now, what happens next, and by when."""
