"""Reference data in the engine: organisations, services, places, wards and their staffed beds."""

from pathlib import Path
from typing import Final

import duckdb

PACKAGED: Final = Path(__file__).parents[2] / "deploy" / "reference"

_LOAD: Final = """
insert into organisations select code, name, sector from {organisations};
insert into services
  select provider, service, preventative::boolean, neighbourhood::boolean from {services};
insert into practices
  select practice, arg_max(neighbourhood, valid_from), arg_max(place, valid_from)
  from {practices} group by practice;
insert into postcodes
  select p.postcode, (d.decile::integer + 1) // 2
  from {postcodes} p join {deprivation} d using (lsoa);
insert into ward_rows
  select provider, site, ward, staffed_beds::integer, valid_from::date from {wards};
insert into specialties
  select provider, site, ward, arg_max(specialty, valid_from) from {wards}
  group by provider, site, ward;
"""
_FILES: Final = ("organisations", "services", "practices", "postcodes", "deprivation", "wards")


def load(store: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill the engine's reference tables from the files of a folder."""
    read = "read_csv('{file}', header = true, all_varchar = true)"
    files = {name: read.format(file=folder / f"{name}.csv") for name in _FILES}
    store.execute(_LOAD.format(**files))
