"""Who is one person: reversible links between source identities."""
