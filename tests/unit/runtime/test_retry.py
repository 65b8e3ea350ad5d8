"""Which failures are worth another try, and how long to wait for it."""

import pytest
from aiokafka.errors import KafkaConnectionError, NotLeaderForPartitionError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schemas.errors import Reason, Reject, Retry
from streams.runtime.retry import FIRST_WAIT_S, is_the_world, wait_s


class PostgresError(Exception):
    """As the driver raises it, with its SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


def database_error(sqlstate: str | None, *, lost: bool = False) -> DBAPIError:
    cause = PostgresError(sqlstate)
    return DBAPIError("select 1", None, cause, connection_invalidated=lost)


@pytest.mark.parametrize(
    "error",
    [
        Retry("hold"),
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeout(),
        KafkaConnectionError(),
        NotLeaderForPartitionError(),
        InterfaceError("select 1", None, PostgresError(None)),
        OperationalError("select 1", None, PostgresError(None)),
        database_error(None, lost=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_world_does_is_tried_again(error: Exception) -> None:
    assert is_the_world(error)


@pytest.mark.parametrize(
    "sqlstate",
    ["08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "58030", "25P03", "42P01"],
)
def test_what_the_database_may_get_over_is_tried_again(sqlstate: str) -> None:
    assert is_the_world(database_error(sqlstate))


@pytest.mark.parametrize("sqlstate", [None, "22021", "23505", "42601", "54000", "25001"])
def test_what_the_database_will_always_refuse_is_a_bug(sqlstate: str | None) -> None:
    assert not is_the_world(database_error(sqlstate))


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        KeyError("x"),
        Reject(Reason.INVALID, []),
        IntegrityError("insert", None, PostgresError("23505")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_is_not_tried_again(error: Exception) -> None:
    assert not is_the_world(error)


@given(tries=st.integers(0, 10_000), longest_s=st.floats(0.001, 600))
def test_a_wait_grows_with_the_tries_up_to_its_limit(tries: int, longest_s: float) -> None:
    limit = min(longest_s, FIRST_WAIT_S * 2 ** min(tries, 20))
    assert limit / 2 <= wait_s(tries, longest_s) <= limit
