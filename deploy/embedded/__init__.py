"""The stack that starts from packages alone: PostgreSQL and a broker, for development and tests."""
