"""The contracts: what every other room may rely on, and nothing that does any work."""
