"""Apache Kafka itself, without containers: the broker of the conformance and fault tests."""
