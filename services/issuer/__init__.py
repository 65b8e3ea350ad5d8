"""An OpenID Connect provider for development alone: one chooses who to be."""
