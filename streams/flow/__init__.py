"""Flow: stays, where people are, and the bed days that follow."""
