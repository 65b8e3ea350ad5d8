"""The doors: what people and systems reach over HTTP and the command line."""
