"""Delivery: batches from Kafka, positions in PostgreSQL, Reject and Retry, the outbox."""
