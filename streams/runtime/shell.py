"""The Faust app that runs the agents: its Kafka side is left to the feeds."""

from collections.abc import Iterable
from typing import Any

import faust


class Shell(faust.App):
    """Agents, services and timers under supervision, without Faust's own consumer.

    Faust's consumer acks an event whose agent failed, and its conductor crashes in an app that
    subscribes to nothing; here feeds fetch, PostgreSQL holds the positions.
    """

    class BootStrategy(faust.app.BootStrategy):
        enable_kafka = False

        def tables(self) -> Iterable[Any]:
            return ()


def shell(name: str, kafka: str) -> Shell:
    """A new app. Agents read in-memory channels, so their flow is open from the start."""
    app = Shell(name, broker=f"kafka://{kafka}", store="memory://", web_enabled=False)
    app.flow_control.resume()
    return app
