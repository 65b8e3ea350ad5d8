"""Every line of the log is JSON, a library's too, and repeats nothing that an exception says."""

import json
import logging
from types import TracebackType

import pytest

from services.logs import LibraryLine

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def line(said: str, *values: object, raised: Raised | None = None) -> dict[str, object]:
    made = logging.LogRecord("asyncio", logging.ERROR, "a.py", 1, said, values, raised)
    told: dict[str, object] = json.loads(LibraryLine().format(made))
    return told


def test_what_a_library_says_is_one_line_with_its_name_and_level() -> None:
    told = line("Unclosed %s", "connection")
    assert told["said"] == "Unclosed connection"
    assert (told["event"], told["logger"], told["level"]) == ("library", "asyncio", "error")


def test_what_an_exception_says_stays_out_of_it_and_where_it_arose_is_told() -> None:
    with pytest.raises(ValueError, match="Zebedee") as caught:
        raise ValueError("Zebedee")
    raised = (caught.type, caught.value, caught.tb)
    told = line("Task exception was never retrieved\nfuture: Zebedee", raised=raised)
    assert "Zebedee" not in json.dumps(told)
    assert told["chain"][0]["error"] == "ValueError"  # type: ignore[index]
