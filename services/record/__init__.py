"""The shared care record: what is known of a person, read by those who may."""
