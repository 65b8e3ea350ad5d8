"""Messages in, facts and projections out. Each projection: a pure module and a projector."""
