"""Throughput, latency and memory, side by side with the peers on the same messages."""
