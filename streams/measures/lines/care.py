"""Lines of care outside beds: contacts, their share of all care, and those that prevent."""

from streams.measures.lines.beds import nights
from streams.measures.lines.line import (
    HAPPENED,
    STAY,
    in_period,
    line,
    marked,
    of_person,
    on,
    one_if,
    services,
    together,
)
from streams.measures.question import Question


def closer_to_home(asked: Question) -> str:
    """Days and contacts of care; those outside hospital count in the amount too."""
    outside = "s.setting = 'home' or s.setting = 'contact' and coalesce(o.sector, '') <> 'acute'"
    contacts = line(
        "stays s left join organisations o on o.code = s.provider",
        "s.setting in ('home', 'contact', 'emergency')"
        f" and {HAPPENED} and {in_period('s.admitted_day')}",
        **STAY,
        **on("s.admitted_day"),
        amount=one_if(outside),
        base="1.0",
    )
    nowhere = {"site": "null::varchar", "ward": "null::varchar", "base": "1.0"}
    virtual = nights("'virtual'", **nowhere)
    hospital = nights("'bed'", **nowhere, amount="0.0")
    return together(contacts, virtual, hospital)


def preventative_use(asked: Question) -> str:
    """Contacts with preventative services, and the people who could have had them."""
    contacts = line(
        f"stays s {services('s.provider', 's.ward')}",
        f"s.setting in ('home', 'contact') and {HAPPENED} and {in_period('s.admitted_day')}"
        f" and {marked('preventative')}",
        **STAY,
        **on("s.admitted_day"),
    )
    people = line(
        "people p",
        "p.died is null or p.died >= $end",
        **of_person("p"),
        amount="0.0",
        base="1.0",
        **on("$end - 1"),
    )
    return together(contacts, people)
