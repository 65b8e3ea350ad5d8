"""The reject desk: look at what was refused, and send it again after a fix."""
