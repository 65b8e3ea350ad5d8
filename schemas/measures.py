"""The measure catalogue: what each figure means, where the meaning comes from, how it is cut."""

from schemas.measure import PERSONAL, Dimension, Figure, How, Measure, Span, Suppression


def _spread(unit: str, part: str = "", prefix: str = "") -> tuple[Figure, ...]:
    return (
        Figure(name=f"{prefix}mean", how=How.MEAN, unit=unit, part=part),
        Figure(name=f"{prefix}median", how=How.MEDIAN, unit=unit, part=part),
        Figure(name=f"{prefix}p90", how=How.NINETIETH, unit=unit, part=part),
        Figure(name=f"{prefix}count", how=How.COUNT, unit="stays", part=part),
    )


def _waits(part: str) -> tuple[Figure, ...]:
    return (
        Figure(name=f"{part}_median", how=How.MEDIAN, unit="hours", part=part),
        Figure(name=f"{part}_mean", how=How.MEAN, unit="hours", part=part),
        Figure(name=f"{part}_p90", how=How.NINETIETH, unit="hours", part=part),
        Figure(name=f"{part}_count", how=How.COUNT, unit="referrals", part=part),
    )


def _share(of: str) -> tuple[Figure, ...]:
    return _rate("ratio", How.RATIO, of, of)


def _rate(unit: str, how: How, counted: str, of: str) -> tuple[Figure, ...]:
    return (
        Figure(name="value", how=how, unit=unit),
        Figure(name="numerator", how=How.SUM, unit=counted),
        Figure(name="denominator", how=How.BASE, unit=of),
    )


_WHO = tuple(dimension for dimension in Dimension if dimension in PERSONAL)
_BEDS = (Dimension.PROVIDER, Dimension.SITE, Dimension.WARD, Dimension.SPECIALTY)
_PLACES = (*_BEDS, Dimension.CLASS)
_STAYS = (*_PLACES, *_WHO)
_STAYS_AND_DAY = (*_STAYS, Dimension.DAY)
_CARE = (Dimension.PROVIDER, *_WHO, Dimension.DAY)
_DAYS = " Days are London calendar days, `from` included and `to` not."
_SITREP = "NHS England, daily situation report definitions"
_READY = "NHS England, discharge ready date guidance; gov.uk, hospital discharge, Annex B"
_KH03 = "NHS England, bed availability and occupancy (KH03): beds open overnight"
_SPELL = "NHS Data Dictionary, hospital provider spell"
_PROJECT = "Throughline's own choice; no national definition"

_ALL = (
    Measure(
        id="occupied_bed_days",
        title="Occupied bed days",
        unit="bed days",
        definition="One for each person in a bed at the midnight that ends a day; it belongs to"
        " the ward the person was in. Nights of leave are left out and counted apart." + _DAYS,
        source=_KH03,
        version="2",
        dimensions=_STAYS_AND_DAY,
        span=Span.PERIOD,
        figures=(
            Figure(name="total", how=How.SUM, unit="bed days", part="night"),
            Figure(name="leave", how=How.SUM, unit="nights", part="leave"),
            Figure(name="people", how=How.PEOPLE, unit="people", part="night"),
        ),
    ),
    Measure(
        id="length_of_stay",
        title="Length of stay",
        unit="days",
        definition="Discharge date minus admission date of the stays discharged in the period; a"
        " same-day stay is 0. Day cases (class SS, admitted and discharged on one day) are left"
        " out and counted apart. `continuous`: stays of one person joined where the next begins on"
        " the day of the discharge or the day after, whoever provides it, counted where the last"
        " one ends. The ward and site are those of discharge. The value is the mean." + _DAYS,
        source=_SPELL,
        version="2",
        dimensions=_STAYS_AND_DAY,
        span=Span.PERIOD,
        figures=(
            *_spread("days", "spell"),
            *_spread("days", "continuous", "continuous_"),
            Figure(name="day_cases", how=How.COUNT, unit="stays", part="day-case"),
        ),
    ),
    Measure(
        id="beds_occupied",
        title="Beds occupied",
        unit="beds",
        definition="People who have a bed now or, with `at`, at 08:00 or at the midnight that"
        " begins the day `to` (today where it is not given). At midnight those on leave are not"
        " counted.",
        source=_SITREP,
        version="2",
        dimensions=_STAYS,
        span=Span.NOW,
        figures=(Figure(name="total", how=How.SUM, unit="beds"),),
        has_moments=True,
    ),
    Measure(
        id="occupancy",
        title="Bed occupancy",
        unit="ratio",
        definition="Occupied beds by open staffed beds, now or, with `at`, at 08:00 or at the"
        " midnight that begins the day `to`. Wards whose beds are not known are left out.",
        source=_SITREP,
        version="1",
        dimensions=_BEDS,
        span=Span.NOW,
        figures=(
            Figure(name="value", how=How.RATIO, unit="ratio"),
            Figure(name="occupied", how=How.SUM, unit="beds"),
            Figure(name="staffed", how=How.BASE, unit="beds"),
        ),
        suppression=Suppression.NEVER,
        has_moments=True,
    ),
    Measure(
        id="long_stay",
        title="Long stays",
        unit="people",
        definition="Open stays whose admission date is 7, 14 and 21 days ago or more; the value is"
        " 7 or more.",
        source=_PROJECT,
        version="2",
        dimensions=_STAYS,
        span=Span.NOW,
        figures=tuple(
            Figure(name=f"{days}+", how=How.AT_LEAST, unit="people", least=days)
            for days in (7, 14, 21)
        ),
    ),
    Measure(
        id="discharge_delay",
        title="Discharge delay",
        unit="days",
        definition="Days from the date since which a person no longer met the criteria to reside"
        " (the start of the final such time) to the discharge or today, as far as they are in the"
        " period. `people`: who is ready and still in. Reasons may hold at once: a stay counts for"
        " each." + _DAYS,
        source=_READY,
        version="1",
        dimensions=(*_STAYS, Dimension.PATHWAY, Dimension.REASON),
        span=Span.PERIOD,
        figures=(
            Figure(name="total", how=How.SUM, unit="days", part="delay"),
            Figure(name="people", how=How.COUNT, unit="people", part="ready"),
        ),
    ),
    Measure(
        id="admissions",
        title="Admissions",
        unit="people",
        definition="Stays that began in the period, in the ward where they began." + _DAYS,
        source=_SITREP,
        version="2",
        dimensions=(*_STAYS_AND_DAY, Dimension.HOUR),
        span=Span.PERIOD,
        figures=(Figure(name="total", how=How.SUM, unit="people"),),
    ),
    Measure(
        id="discharges",
        title="Discharges",
        unit="people",
        definition="Stays that ended in the period, from the ward where they ended." + _DAYS,
        source=_SITREP,
        version="2",
        dimensions=(*_STAYS_AND_DAY, Dimension.HOUR),
        span=Span.PERIOD,
        figures=(Figure(name="total", how=How.SUM, unit="people"),),
    ),
    Measure(
        id="expected_discharges",
        title="Expected discharges",
        unit="people",
        definition="Open stays whose expected discharge is in the period, from the ward where the"
        " person is." + _DAYS,
        source=_SITREP,
        version="1",
        dimensions=(*_STAYS_AND_DAY, Dimension.HOUR),
        span=Span.PERIOD,
        figures=(Figure(name="total", how=How.SUM, unit="people"),),
    ),
    Measure(
        id="readmissions_30d",
        title="Emergency readmissions within 30 days",
        unit="ratio",
        definition="Of the stays discharged in the period, day cases left out, those that an"
        " emergency admission of the same person followed within 30 days, at any provider. An"
        " admission is an emergency's where an emergency attendance of the person ended on its day"
        " or the day before, or where the visit itself began as one." + _DAYS,
        source="NHS England, emergency readmissions within 30 days of discharge",
        version="1",
        dimensions=_STAYS_AND_DAY,
        span=Span.PERIOD,
        figures=_share(of="stays"),
    ),
    Measure(
        id="closer_to_home",
        title="Care closer to home",
        unit="ratio",
        definition="Of the days and contacts of care in the period, those outside hospital: home"
        " visits, contacts and virtual ward days, by these and hospital bed days and emergency"
        " attendances." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=_CARE,
        span=Span.PERIOD,
        figures=_share(of="days and contacts"),
    ),
    Measure(
        id="preventative_use",
        title="Use of preventative services",
        unit="contacts per 1,000",
        definition="Contacts in the period with services that the reference data mark as"
        " preventative, for each 1,000 people of the group who are known at its end." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=_WHO,
        span=Span.PERIOD,
        figures=_rate("contacts per 1,000", How.PER_1000, "contacts", "people"),
    ),
    Measure(
        id="referral_wait",
        title="Referral waits",
        unit="hours",
        definition="From sending to acceptance, to first contact and to the outcome, of referrals"
        " sent in the period; each counts once it has come so far. The value is the median wait"
        " for acceptance." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=_CARE,
        span=Span.PERIOD,
        figures=(*_waits("accepted"), *_waits("contact"), *_waits("outcome")),
    ),
    Measure(
        id="referrals_closed",
        title="Referrals closed",
        unit="ratio",
        definition="Of the referrals sent in the period, those that have an outcome." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=_CARE,
        span=Span.PERIOD,
        figures=_share(of="referrals"),
    ),
    Measure(
        id="silent_handoffs",
        title="Silent handoffs",
        unit="referrals",
        definition="Open referrals that nobody has answered within their service's time.",
        source=_PROJECT,
        version="1",
        dimensions=(Dimension.PROVIDER, *_WHO),
        span=Span.NOW,
        figures=(Figure(name="total", how=How.SUM, unit="referrals"),),
    ),
    Measure(
        id="coordinated_care_reported",
        title="People reporting coordinated care",
        unit="ratio",
        definition="Of the people's IntegRATE answers in the period with all four items, those"
        " with the best answer (0, never a problem) to each." + _DAYS,
        source="IntegRATE (implementingthrive.org/integrate), top score",
        version="1",
        dimensions=_CARE,
        span=Span.PERIOD,
        figures=_share(of="answers"),
        suppression=Suppression.ALWAYS,
    ),
    Measure(
        id="partnership_reported",
        title="Partners reporting positive partnership working",
        unit="ratio",
        definition="Of the partnership surveys answered in the period, those whose mean answer is"
        " 4 or more of 5." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=(Dimension.PROVIDER, Dimension.DAY),
        span=Span.PERIOD,
        figures=_share(of="answers"),
        suppression=Suppression.ALWAYS,
    ),
    Measure(
        id="neighbourhood_workforce",
        title="Neighbourhood workforce",
        unit="ratio",
        definition="Whole-time equivalents in neighbourhood services by those in all services, of"
        " the roles that are active now.",
        source=_PROJECT,
        version="1",
        dimensions=(Dimension.PROVIDER,),
        span=Span.NOW,
        figures=_share(of="whole-time equivalents"),
        suppression=Suppression.NEVER,
    ),
    Measure(
        id="story_repeated",
        title="Stories told again",
        unit="per 100 first contacts",
        definition="Times in the period that another service asked a person within 30 days what"
        " the record already held, for each 100 first contacts of a person with a provider in the"
        " period." + _DAYS,
        source=_PROJECT,
        version="1",
        dimensions=_CARE,
        span=Span.PERIOD,
        figures=_rate("per 100 first contacts", How.PER_100, "times", "first contacts"),
    ),
    Measure(
        id="data_confidence",
        title="Data confidence",
        unit="counts",
        definition="What makes figures doubtful now: `stale` feeds (no event for a day from a"
        " source that published in the week before), stays with `inferred` times, `conflicting`"
        " stays (one person in two beds), stays in an `unknown-ward`, facts with a"
        " `bad-nhs-number`. The value is their sum.",
        source=_PROJECT,
        version="1",
        dimensions=(Dimension.PROVIDER,),
        span=Span.NOW,
        figures=(
            Figure(name="total", how=How.SUM, unit="counts"),
            *(
                Figure(name=part, how=How.SUM, unit="counts", part=part)
                for part in ("stale", "inferred", "conflicting", "unknown-ward", "bad-nhs-number")
            ),
        ),
        suppression=Suppression.NEVER,
    ),
)

MEASURES = {measure.id: measure for measure in _ALL}
