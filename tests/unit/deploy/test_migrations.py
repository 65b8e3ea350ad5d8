"""The chain of migrations, as it is read from its files."""

from itertools import pairwise
from pathlib import Path

from alembic.script import ScriptDirectory

import deploy.migrations as here


def test_migrations_follow_each_other_by_their_numbers() -> None:
    chain = list(ScriptDirectory(Path(here.__file__).parent).walk_revisions())
    assert [int(one.revision) for one in chain] == list(range(len(chain), 0, -1))
    for later, earlier in pairwise(chain):
        assert later.down_revision == earlier.revision
        assert Path(later.path).name.startswith(f"{later.revision}_")
