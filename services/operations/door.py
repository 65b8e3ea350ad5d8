"""What a request for a measure has besides its viewer: the process's engine."""

from typing import Annotated

from fastapi import Depends, Request

from streams.measures.engine import Engine


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


MeasuresEngine = Annotated[Engine, Depends(_engine)]
