"""Who may see what, who is asking, and the audit of it."""
