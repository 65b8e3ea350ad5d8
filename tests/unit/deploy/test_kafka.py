"""The id that a new Apache Kafka node is given."""

from uuid import UUID

from deploy.kafka.node import cluster_id_of


def test_no_cluster_id_begins_with_a_dash() -> None:
    ids = [cluster_id_of(UUID(bytes=bytes([first] + [255] * 15))) for first in range(256)]
    assert not [made for made in ids if made.startswith("-")]
    assert {len(made) for made in ids} == {22}
