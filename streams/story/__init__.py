"""The person's story beside the timeline: what holds of them, read from the facts. All pure."""
