"""The reject desk: what could not become a fact, kept with its reason until somebody mends it."""
