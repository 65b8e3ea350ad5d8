"""Reference data are read whole, or not at all; what is wrong is told with its place."""

import shutil
from pathlib import Path

import pytest

from schemas.reference import PACKAGED, TABLES, ReferenceProblem, load

CODES = {
    "frailty",
    "end-of-life",
    "dementia",
    "learning-disability",
    "serious-mental-illness",
    "copd",
    "diabetes",
    "heart-failure",
    "high-intensity-use",
    "care-home",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged folder, to be spoiled."""
    return Path(shutil.copytree(PACKAGED, tmp_path / "reference"))


def add(file: Path, line: str) -> int:
    """Add a line to a file; its number."""
    file.write_text(file.read_text() + line + "\n")
    return len(file.read_text().splitlines())


def problem(folder: Path) -> str:
    with pytest.raises(ReferenceProblem) as caught:
        load(folder)
    return str(caught.value)


def test_the_packaged_data_are_whole_and_have_every_target_group_of_the_definitions() -> None:
    reference = load()
    assert {cohort.id for cohort in reference.cohorts} == CODES
    assert all(getattr(reference, name) for name in TABLES)


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("wards", "ZT1,ZT101,ZT101-W09,Nine,326,four,2020-01-01", "column staffed_beds"),
        ("wards", "ZT1,ZT101,ZT101-W09,Nine,326,-1,2020-01-01", "column staffed_beds"),
        ("wards", "ZT1,ZT101,ZT101-W09,Nine,326,4,2020-02-30", "column valid_from"),
        ("wards", "ZT1,ZT101,ZT101-W09,Nine,326,4", "column valid_from"),
        ("wards", "ZT1,ZT101,ZT101-W09,Nine,999,4,2020-01-01", "column specialty: not in spec"),
        ("wards", "ZT1,ZT999,ZT999-W09,Nine,326,4,2020-01-01", "column site: not in sites"),
        ("wards", "ZT1,ZT101,ZT101-W01,One,326,4,2020-01-01", "column valid_from: the same as l"),
        ("organisations", "ZT9,Nine,hospital", "column sector"),
        ("organisations", "ZT1,One again,acute", "column code: the same as line 2"),
        ("postcodes", "zz99 1aj,E01990000", "column postcode"),
        ("deprivation", "E01990099,11,IMD", "column decile"),
        ("services", "ZX1,S1,Nowhere,acute,false,false", "column provider: not in organisations"),
        ("services", "ZT1,S1,Often,acute,often,false", "column preventative"),
        ("specialties", ",Nameless", "column code"),
    ],
)
def test_a_wrong_row_is_told_with_file_line_and_column(
    folder: Path, file: str, line: str, said: str
) -> None:
    number = add(folder / f"{file}.csv", line)
    assert f"{file}.csv, line {number}, {said}" in problem(folder)


def test_everything_that_is_wrong_is_told_at_once(folder: Path) -> None:
    add(folder / "organisations.csv", "ZT9,Nine,hospital")
    add(folder / "deprivation.csv", "E01990099,11,IMD")
    (folder / "sites.csv").unlink()
    said = problem(folder)
    assert all(f"{file}.csv" in said for file in ("organisations", "deprivation", "sites"))


def test_a_file_has_the_columns_of_its_table(folder: Path) -> None:
    (folder / "sites.csv").write_text("provider,site,name\nZT1,ZT101,Harbour General\n")
    assert "sites.csv, line 1: the columns must be provider,site,name,place" in problem(folder)


def test_a_spreadsheet_s_mark_of_its_encoding_is_no_part_of_the_first_column(folder: Path) -> None:
    sites = folder / "sites.csv"
    sites.write_text(sites.read_text(), encoding="utf-8-sig")
    assert load(folder) == load()


RULE = '- {{id: one, title: One, source: ours, version: "1", any: [{}]}}\n'


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('{conditions: ["73211008"]}', "not a SNOMED CT code"),
        ("{conditions: [diabetes]}", "should match pattern"),
        ("{icd10: [J4]}", "should match pattern"),
        ("{age_at_least: old}", "valid integer"),
        ("{flags: [one], lives: care-home}", "says just one thing"),
        ("{}", "says just one thing"),
        ("{hobby: chess}", "Extra inputs"),
        ("{emergency_attendances: {at_least: 5}}", "within_days"),
    ],
)
def test_a_wrong_rule_is_told_with_its_line(folder: Path, rule: str, said: str) -> None:
    (folder / "cohorts.yaml").write_text("# the groups\n" + RULE.format(rule))
    told = problem(folder)
    assert "cohorts.yaml, line 2, column" in told
    assert said in told or said in told.replace("Field required", "within_days")


def test_a_group_without_a_rule_and_two_of_one_name_are_refused(folder: Path) -> None:
    plain = RULE.format("{lives: care-home}")
    (folder / "cohorts.yaml").write_text(RULE.format(""))
    assert "needs a criterion" in problem(folder)
    (folder / "cohorts.yaml").write_text(plain + plain)
    assert "two target groups are called one" in problem(folder)


def test_what_is_no_yaml_is_told_with_its_line(folder: Path) -> None:
    (folder / "cohorts.yaml").write_text("- id: one\n  any: [\n")
    assert "cohorts.yaml, line 3" in problem(folder)
