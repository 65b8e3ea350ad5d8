"""Target groups (cohorts) as reviewed data: who is a member, by rules over what is known of people.

A rule is dated like what it is made of: somebody is a member on the days on which it holds.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

_WEIGHTS: Final = (
    *((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)),
    *((5, 8, 0, 3, 7, 9, 6, 1, 4, 2), (8, 9, 1, 6, 0, 4, 3, 5, 2, 7)),
    *((9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1)),
    *((2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8)),
)
_HALF: Final = 5


def _turned(left: int, right: int) -> int:
    """The product of two turns or mirrorings of a pentagon (the dihedral group of order 10)."""
    mirrored, turns = left >= _HALF, -right if left >= _HALF else right
    turned = (left + turns) % _HALF
    return turned + _HALF * (mirrored is not (right >= _HALF))


def _checked(code: str) -> str:
    """The code, where its check digit is right. Source: SNOMED CT, Verhoeff's dihedral check."""
    left = 0
    for place, digit in enumerate(reversed(code)):
        left = _turned(left, _WEIGHTS[place % len(_WEIGHTS)][int(digit)])
    if left:
        raise ValueError("not a SNOMED CT code: its check digit is wrong")
    return code


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Snomed = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5,17}$"), AfterValidator(_checked)]
# A category, or one of its parts, with or without the point: J44, Z51.5.
Icd10 = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z](\.?[0-9A-Z])?$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Attendances(_Entry):
    """So many emergency attendances within so many days."""

    at_least: Annotated[int, Field(ge=1)]
    within_days: Annotated[int, Field(ge=1)]


class Criterion(_Entry):
    """One thing that may hold of a person for some days. Just one of its keys is said.

    `age_at_least`: from that birthday on. `conditions`, `icd10`: a condition with one of the
    codes, from its onset to its end; an ICD-10 category stands for all of its parts. `flags`: a
    flag with one of the codes. `lives`: the residence said last. `group`: a register's own code.
    `emergency_attendances`: from the one that makes so many until the first of them is too old.
    """

    age_at_least: Annotated[int, Field(ge=0)] | None = None
    conditions: tuple[Snomed, ...] | None = None
    icd10: tuple[Icd10, ...] | None = None
    flags: tuple[Text, ...] | None = None
    lives: Text | None = None
    group: Text | None = None
    emergency_attendances: Attendances | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a criterion says just one thing")
        return self


class Cohort(_Entry):
    """A target group: who meets each criterion of `all`, and of `any` one at least, if it has some.

    `version` changes with the rule.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Text
    source: Text
    version: Text
    all: tuple[Criterion, ...] = ()
    any: tuple[Criterion, ...] = ()

    @property
    def clauses(self) -> tuple[tuple[Criterion, ...], ...]:
        """What a member meets: of each clause one criterion at least."""
        return (*((one,) for one in self.all), *((self.any,) if self.any else ()))

    @model_validator(mode="after")
    def _has_a_rule(self) -> Self:
        if not self.clauses:
            raise ValueError("a target group needs a criterion in `all` or `any`")
        return self


_COHORTS: Final = TypeAdapter(tuple[Cohort, ...])


def read_cohorts(file: Path, tell: Callable[[str], None]) -> tuple[Cohort, ...]:
    """The target groups of a file, in its order; what is wrong is told with line and column."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = _COHORTS.validate_python(yaml.safe_load(text))
    except ValidationError as error:
        for one in error.errors():
            tell(f"{file.name}, {_place(text, one['loc'])}: {one['msg']}")
    except yaml.YAMLError as error:
        tell(f"{file.name}, {_mark(getattr(error, 'problem_mark', None))}: not YAML")
    except (OSError, UnicodeDecodeError) as error:
        tell(f"{file.name}: {getattr(error, 'strerror', None) or error}")
    else:
        for cohort in _repeated(found):
            tell(f"{file.name}: two target groups are called {cohort}")
        return found
    return ()


def _repeated(cohorts: Iterable[Cohort]) -> list[str]:
    ids = [cohort.id for cohort in cohorts]
    return sorted({one for one in ids if ids.count(one) > 1})


def _place(text: str, steps: Iterable[int | str]) -> str:
    """Line and column of the value that these steps lead to, as far as they lead anywhere."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in steps:
        node = _inside(node, step) or node
    return _mark(node.start_mark if node else None)


def _inside(node: Any, step: int | str) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _mark(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1, column 1"
