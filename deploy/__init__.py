"""What runs Throughline: the embedded stack, Apache Kafka for tests, topics, migrations."""
