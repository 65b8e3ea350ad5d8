"""The Kafka topics as an AsyncAPI 3.0 document: for each its key, headers and values."""

from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec

from schemas.events import CareEvent
from schemas.notices import Figure, TimelineNotice
from schemas.topics import TOPICS, ContentType, Header, Topic, TopicSpec

Json = dict[str, Any]

# The newest JSON Schema that AsyncAPI 3.0 asks every tool to read.
SCHEMA_FORMAT = "application/schema+json;version=draft-07"
KAFKA_BINDING = {"bindingVersion": "0.5.0"}
WHOLE_NUMBERS = {"retention.ms", "max.message.bytes"}
LISTS = {"cleanup.policy"}

_MEANING = {
    Header.SOURCE: "ODS code of the organisation that publishes",
    Header.SECTOR: "kind of service: acute, community, primary, mental-health, ...",
    Header.CONTENT_TYPE: f"{ContentType.FHIR.value} where it is not there",
    Header.MESSAGE_ID: "the publisher's id of the message; made from its content where not there",
    Header.STAGE: "the stage that refused the message",
    Header.REASON: "why, as a stable code",
    Header.PROBLEMS: "where and why, as JSON: [[path, code, text], ...]",
}
_RECEIVED = (Header.SOURCE, Header.SECTOR, Header.CONTENT_TYPE, Header.MESSAGE_ID)
_REFUSED = (Header.STAGE, Header.REASON, Header.PROBLEMS)


def document() -> Json:
    """The whole document. Source: AsyncAPI 3.0.0; Kafka bindings 0.5.0."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Throughline",
            "version": "1",
            "description": "Care events in; facts, rejects, notices and figures out."
            " Header values are UTF-8 text.",
        },
        "defaultContentType": "application/json",
        "channels": {_name(spec): _channel(spec) for spec in TOPICS},
        "operations": {_operation_name(spec): _operation(spec) for spec in TOPICS},
        "components": {
            "messages": {
                name: message for spec in TOPICS for name, message in _messages(spec).items()
            }
        },
    }


def value_schema(contract: type[msgspec.Struct]) -> Json:
    """The draft-07 JSON Schema of what a struct is as JSON; moments say that they are moments."""
    schema = _draft_07(msgspec.json.schema(contract))
    fields = schema["definitions"][contract.__name__]["properties"]
    for name, kind in get_type_hints(contract).items():
        if datetime in (kind, *get_args(kind)):
            fields[name]["format"] = "date-time"
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _draft_07(schema: Any) -> Any:
    """The schema in the words of draft 07: definitions, and a list of items by position."""
    if isinstance(schema, list):
        return [_draft_07(part) for part in schema]
    if isinstance(schema, str):
        return schema.replace("#/$defs/", "#/definitions/")
    if not isinstance(schema, dict):
        return schema
    renamed = {"$defs": "definitions", "prefixItems": "items"}
    return {renamed.get(name, name): _draft_07(part) for name, part in schema.items()}


def _name(spec: TopicSpec) -> str:
    return Topic(spec.topic).name.lower()


def _channel(spec: TopicSpec) -> Json:
    configuration = {name: _configured(name, value) for name, value in spec.config.items()}
    return {
        "address": spec.topic,
        "description": spec.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(spec)},
        "bindings": {
            "kafka": {
                "topic": spec.topic,
                "partitions": spec.partitions,
                "topicConfiguration": configuration,
                **KAFKA_BINDING,
            }
        },
    }


def _configured(name: str, value: str) -> object:
    if name in WHOLE_NUMBERS:
        return int(value)
    return value.split(",") if name in LISTS else value


def _operation_name(spec: TopicSpec) -> str:
    verb = "take_in" if spec.topic == Topic.INBOUND else "tell"
    return f"{verb}_{_name(spec)}"


def _operation(spec: TopicSpec) -> Json:
    """What Throughline does there: it receives what publishers send, and sends the rest."""
    action = "receive" if spec.topic == Topic.INBOUND else "send"
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_name(spec)}"},
        "summary": spec.description,
    }


def _messages(spec: TopicSpec) -> dict[str, Json]:
    """The kinds of message of a topic, by name."""
    match spec.topic:
        case Topic.INBOUND:
            return {
                "FhirMessage": _message(spec, _FHIR, ContentType.FHIR.value, _RECEIVED),
                "Hl7v2Message": _message(spec, _HL7V2, ContentType.HL7V2.value, _RECEIVED),
            }
        case Topic.REJECTED:
            headers = (*_RECEIVED, *_REFUSED)
            return {"Reject": _message(spec, _ORIGINAL, "application/octet-stream", headers)}
    schema = value_schema(_CONTRACTS[spec.topic])
    return {spec.value: _message(spec, schema, "application/json", ())}


_CONTRACTS: dict[str, type[msgspec.Struct]] = {
    Topic.EVENTS: CareEvent,
    Topic.TIMELINE: TimelineNotice,
    Topic.MEASURES: Figure,
}
_FHIR = {
    "description": "A FHIR R4 resource: a Bundle, or any one resource, verbatim.",
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}
_HL7V2 = {
    "description": "An HL7 v2 message (2.3 to 2.8), or a batch of them, verbatim as sent: in the"
    " characters of MSH-18, with MLLP's frame or without. It is known by its first bytes, whatever"
    " the header says.",
    "type": "string",
}
_ORIGINAL = {"description": "The original bytes, whatever they are."}


def _message(spec: TopicSpec, schema: Json, content_type: str, headers: tuple[Header, ...]) -> Json:
    return {
        "title": spec.value,
        "contentType": content_type,
        "headers": _headers(headers),
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": schema},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": spec.key}, **KAFKA_BINDING}
        },
    }


def _headers(headers: tuple[Header, ...]) -> Json:
    """The headers of a message; a message for us must at least say its source."""
    schema: Json = {
        "type": "object",
        "properties": {
            name.value: {"type": "string", "description": _MEANING[name]} for name in headers
        },
    }
    if Header.SOURCE in headers:
        schema["required"] = [Header.SOURCE.value]
    return schema
