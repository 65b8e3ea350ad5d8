"""Pages for people: the board, the catalogue, signing in, and the doors for every later page."""
