"""A running system over HTTP, as the scenarios ask it: this is all that one has to answer."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import orjson

from schemas.hl7v2 import parse
from schemas.times import london_date
from schemas.topics import ContentType
from tests.conformance.compared import Told, Visit, in_utc, leave_nights, named_people
from tests.conformance.scenario import Json, Sent

AT_ONCE = 8
TRIES = 6
POLL_S = 0.1
PATIENCE_S = 300.0
FIRST_DAY = "2026-01-01"
LIMIT = 500
READER = "SCENARIOS"
WHY = {"reason": "direct-care", "text": "To say what is on the record"}

# Name and date of birth by which the messages know a person, by `source/number`.
Known = dict[str, tuple[str, str]]


class Answer(NamedTuple):
    """What the door says of a message: the status, the response code, the codes of its issues."""

    status: int
    code: str | None
    issues: frozenset[str]

    def differences(self, wanted: Json) -> list[str]:
        """How it is not the answer that is wanted."""
        got = {"status": self.status, "code": self.code}
        found = [
            f"answer's {name}: expected {wanted[name]}, got {got[name]}"
            for name in got
            if name in wanted and got[name] != wanted[name]
        ]
        if "issue" in wanted and wanted["issue"] not in self.issues:
            found.append(f"answer's issue: expected {wanted['issue']}, got {sorted(self.issues)}")
        return found


class System:
    """Sends messages for any publisher, and asks as somebody who gives care.

    `publisher` is a bearer token that may also decide who is one person, `reader` gives one of
    somebody who gives care in an organisation: of a stay its own provider is asked, of a person
    whoever broke the glass. Raises httpx.HTTPStatusError where it is refused what it asks.
    """

    def __init__(self, url: str, publisher: str, reader: Callable[[str], str]) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE)
        self._client = httpx.AsyncClient(base_url=url, timeout=120, limits=limits)
        self._publisher = {"Authorization": f"Bearer {publisher}"}
        self._reader, self._opened = reader, set[str]()

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, messages: Sequence[Sent]) -> list[Answer]:
        """Send the messages, several at once and in no order that could be relied on.

        Returns what was said of each, in the order of the messages.
        """
        places = asyncio.Semaphore(AT_ONCE)

        async def one(message: Sent) -> Answer:
            async with places:
                return await self._send(message)

        return list(await asyncio.gather(*map(one, messages)))

    async def _send(self, message: Sent) -> Answer:
        headers = {
            **dict(message.headers),
            **self._publisher,
            "X-Source": message.source,
            "X-Sector": "acute",
            "Content-Type": message.kind,
        }
        for attempt in range(TRIES):
            answer = await self._client.post(_path(message), content=message.body, headers=headers)
            if answer.status_code not in {429, 503}:
                break
            await asyncio.sleep(POLL_S * 2**attempt)
        # What is refused is kept aside, and what is known already is a duplicate: both are answers.
        if answer.status_code in {401, 403} or answer.status_code >= 500:
            answer.raise_for_status()
        return _answer(answer)

    async def settle(self) -> None:
        """Return once all that was sent is in every answer. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            await self._reach(await self._ends({"intake"}))
            await self._reach(await self._ends(None))

    async def _ends(self, stages: set[str] | None) -> dict[tuple[str, str], int]:
        progress = await self._progress()
        return {
            (stage, partition): at["end"]
            for stage, partitions in progress.items()
            if stages is None or stage in stages
            for partition, at in partitions.items()
        }

    async def _reach(self, ends: Mapping[tuple[str, str], int]) -> None:
        while True:
            progress = await self._progress()
            if all(progress[stage][part]["done"] >= end for (stage, part), end in ends.items()):
                return
            await asyncio.sleep(POLL_S)

    async def _progress(self) -> Json:
        return await self._get("/api/progress", {})

    async def _get(self, path: str, params: Mapping[str, str], org: str = READER) -> Any:
        answer = await self._client.get(path, params=params, headers=self._as(org))
        return answer.raise_for_status().json()

    def _as(self, org: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._reader(org)}"}

    async def _of_person(self, person: str, what: str, params: Mapping[str, str]) -> Any:
        """What the record says of a person whom nothing ties to whoever asks here."""
        if person not in self._opened:
            path = f"/api/people/{person}/break-glass"
            answer = await self._client.post(path, json=WHY, headers=self._as(READER))
            answer.raise_for_status()
            self._opened.add(person)
        return await self._get(f"/api/people/{person}/{what}", params)

    async def told(self, expected: Json, source: str, as_of: datetime, known: Known) -> Told:
        """What it says of what a scenario expects."""
        visits = [(one.get("source", source), one["visit"]) for one in expected.get("stays", ())]
        sources = sorted({source, *(by for by, _ in visits)})
        stays = {visit: found for visit in visits if (found := await self._stay(visit))}
        people = await self._people(expected, source, stays, known)
        lines = {line["person"] for line in expected.get("timeline", ())}
        return Told(
            stays,
            await self._nights(sources, as_of, "bed") if "bed_days" in expected else None,
            await self._nights(sources, as_of, "virtual"),
            leave_nights=leave_nights(stays.values(), as_of),
            people=people,
            reviewed=(
                await self._reviewed(people.values())
                if "review" in expected.get("people", {})
                else None
            ),
            timeline={name: await self._timeline(people.get(name, ())) for name in lines},
            rejected=await self._rejected(sources) if "rejected" in expected else None,
            complete=False,
        )

    async def told_then(self, expected: Json, source: str, known: Known, moment: datetime) -> Told:
        """What it says now of the stays as they were known at a past moment."""
        now = {
            visit: found
            for one in expected.get("stays", ())
            for visit in [(one.get("source", source), one["visit"])]
            if (found := await self._stay(visit))
        }
        people = await self._people(expected, source, now, known)
        then = {"as_known_at": moment.isoformat()}
        stays = {}
        for person in {found["person"] for found in now.values()}.union(*people.values()):
            for found in await self._of_person(person, "stays", then):
                stays[found["source"], found["visit"]] = _surface(found)
        return Told(stays, complete=False)

    async def _stay(self, visit: Visit) -> Json | None:
        found = await self._get("/api/stays", {"source": visit[0], "visit": visit[1]}, org=visit[0])
        return _surface(found[0]) if found else None

    async def _nights(self, sources: Iterable[str], as_of: datetime, setting: str) -> Json:
        asked = {"from": FIRST_DAY, "to": london_date(as_of).isoformat(), "setting": setting}
        wards: dict[str, int] = {}
        for source in sources:
            params = {**asked, "provider": source, "by": "ward"}
            answer = await self._get("/api/measures/occupied_bed_days", params)
            for row in answer["rows"]:
                wards[row["ward"]] = wards.get(row["ward"], 0) + int(row["value"])
        return {ward: nights for ward, nights in wards.items() if nights}

    async def _people(
        self, expected: Json, source: str, stays: Mapping[Visit, Json], known: Known
    ) -> dict[str, frozenset[str]]:
        """The person of each name: found by name and date of birth, else whose the stay is.

        Without a date of birth and without a stay nobody can be asked for.
        """
        found = {}
        for name in named_people(expected):
            whole = name if "/" in name else f"{source}/{name}"
            ids = await self._search(*known[whole]) if whole in known else frozenset()
            ids = ids or _of_stays(expected, source, name, stays)
            if ids or whole in known:
                found[name] = ids
        return found

    async def _search(self, name: str, born: str) -> frozenset[str]:
        asked = {"name": name, "birth_date": born}
        answer = await self._client.post("/api/people/search", json=asked, headers=self._as(READER))
        return frozenset(one["person_id"] for one in answer.raise_for_status().json())

    async def _reviewed(self, people: Iterable[frozenset[str]]) -> list[frozenset[str]]:
        """Who has to be looked at together, of what is about any of these people."""
        asked, found = {"limit": "200"}, list[frozenset[str]]()
        concerned = frozenset().union(*people)
        while True:
            answer = await self._client.get(
                "/api/people/reviews", params=asked, headers=self._publisher
            )
            page = answer.raise_for_status().json()
            for review in page["reviews"]:
                ids = frozenset(one["person_id"] for one in review["identities"])
                found += [ids] if ids & concerned else []
            if page["next"] is None:
                return found
            asked = {**asked, "after": page["next"]}

    async def _timeline(self, people: Iterable[str]) -> list[Json]:
        lines: list[Json] = []
        for person in people:
            page = await self._of_person(person, "timeline", {"limit": str(LIMIT)})
            lines += [{**line, "at": in_utc(line["at"])} for line in page["entries"]]
        return lines

    async def _rejected(self, sources: Iterable[str]) -> list[str]:
        reasons: list[str] = []
        for source in sources:
            answer = await self._client.get(
                "/api/rejects", params={"source": source}, headers=self._publisher
            )
            reasons += [one["reason"] for one in answer.raise_for_status().json()["rejects"]]
        return reasons


def _answer(answer: httpx.Response) -> Answer:
    """An answer as FHIR: an OperationOutcome, or a message Bundle that holds one."""
    try:
        said = answer.json()
    except ValueError:
        return Answer(answer.status_code, None, frozenset())
    found = [said, *(entry.get("resource", {}) for entry in said.get("entry", ()))]
    codes = [one["response"]["code"] for one in found if "response" in one]
    issues = frozenset(issue["code"] for one in found for issue in one.get("issue", ()))
    return Answer(answer.status_code, next(iter(codes), None), issues)


def _path(message: Sent) -> str:
    """Where a message goes: its own door, or the one that takes anything."""
    is_message = message.kind == ContentType.FHIR and orjson.loads(message.body).get("type")
    return "/fhir/$process-message" if is_message == "message" else "/fhir"


def _surface(stay: Json) -> Json:
    """A stay of `GET /api/stays` with its times as moments."""
    times = {name: in_utc(stay[name]) for name in ("admitted_at", "discharged_at")}
    stretches = {
        name: [{**s, "start": in_utc(s["start"]), "end": in_utc(s["end"])} for s in stay[name]]
        for name in ("segments", "leaves")
    }
    return {**stay, **times, **stretches, "person": stay["person_id"]}


def _of_stays(
    expected: Json, source: str, name: str, stays: Mapping[Visit, Json]
) -> frozenset[str]:
    asked = [
        (one.get("source", source), one["visit"])
        for one in expected.get("stays", ())
        if one.get("person") == name
    ]
    return frozenset(stays[visit]["person"] for visit in asked if visit in stays)


def known_people(messages: Iterable[Sent]) -> Known:
    """The family name and the date of birth of each person that the messages tell of."""
    known: Known = {}
    for message in messages:
        if message.kind == ContentType.HL7V2:
            for pid in parse(message.body.decode()).segments("PID"):
                day = pid.text(7)
                if day:
                    born = f"{day[:4]}-{day[4:6]}-{day[6:]}"
                    known[f"{message.source}/{pid.text(3)}"] = (pid.text(5), born)
        else:
            resource = orjson.loads(message.body)
            if resource["resourceType"] == "Patient" and "birthDate" in resource:
                family = resource["name"][0]["family"]
                known[f"{message.source}/{resource['id']}"] = (family, resource["birthDate"])
    return known
