"""Received bytes to care events: parse, validate, normalise, name the person. Stateless."""
