"""The shared timeline: what each fact says, in words a person reads."""
