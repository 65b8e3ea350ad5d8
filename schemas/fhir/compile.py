"""The `fhir.resources.R4B` models compiled into one JSON Schema of every supported resource."""

from typing import Any, Final, get_args

from fhir.resources.R4B import get_fhir_model_class
from fhir_core.fhirabstractmodel import FHIRAbstractModel
from fhir_core.types import FhirBase
from fhir_core.utils import get_fhir_type_name, is_list_type
from pydantic.fields import FieldInfo

from schemas.fhir.bindings import codes_of
from schemas.fhir.primitives import ID_PATTERN, PRIMITIVES, RESOURCE_NAME_PATTERN, Schema
from schemas.fhir.supported import SUPPORTED

Model = type[FHIRAbstractModel]

# R4 4.0.1 allows a Meta wherever a value may be of any type; the R4B models do not.
_OPEN_CHOICES: Final = frozenset({"Extension", "TaskInput", "TaskOutput"})
_EXTENSION_SIBLING: Final = "__ext"
_ANY_RESOURCE: Final = "AnyResource"
_PRIMITIVE_EXTENSION: Final = "PrimitiveExtension"


def compiled_schema() -> Schema:
    """The JSON Schema (2020-12) of any resource: supported ones in full, others in shape only."""
    models = _reachable([get_fhir_model_class(name) for name in SUPPORTED])
    definitions = {model.__name__: _object(model) for model in models}
    definitions |= {
        _ANY_RESOURCE: _dispatch(SUPPORTED),
        _PRIMITIVE_EXTENSION: {
            **_closed({"id": PRIMITIVES["string"], "extension": _many(_ref("Extension"))}),
            "minProperties": 1,
        },
        "Shape": _shape(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{_ANY_RESOURCE}",
        "$defs": definitions,
    }


def _reachable(roots: list[Model]) -> list[Model]:
    """The models, and every model that an element of theirs is made of, each once."""
    found: dict[str, Model] = {}
    waiting = list(roots)
    while waiting:
        model = waiting.pop()
        if model.__name__ in found or model.__name__ == "Resource":
            continue
        found[model.__name__] = model
        parts = (_part(field.annotation) for field in model.model_fields.values())
        waiting += [part for part in parts if part is not None]
    found.pop("FHIRPrimitiveExtension", None)
    return list(found.values())


def _part(annotation: Any) -> Model | None:
    """The model that an element's type annotation names; None for a primitive."""
    if isinstance(annotation, type) and issubclass(annotation, FhirBase):
        return annotation.get_model_klass()
    parts = (_part(argument) for argument in get_args(annotation))
    return next((part for part in parts if part is not None), None)


def _object(model: Model) -> Schema:
    """The schema of one resource, datatype or backbone element."""
    fields = {name: field for name, field in model.model_fields.items() if name != "fhir_comments"}
    properties = {
        field.alias or name: _element(model, name, field) for name, field in fields.items()
    }
    if model.__name__ in _OPEN_CHOICES:
        properties["valueMeta"] = _ref("Meta")
    if model.has_resource_base():
        properties["resourceType"] = {"const": model.__name__}
    needed = [field.alias or name for name, field in fields.items() if field.is_required()]
    rules = [*_required_primitives(model), *_choices(model)]
    return _closed(properties) | {
        "minProperties": 1,
        **({"required": needed} if needed else {}),
        **({"allOf": rules} if rules else {}),
    }


def _element(model: Model, name: str, field: FieldInfo) -> Schema:
    """The schema of one element: its type, and an array of it where it repeats."""
    if name.endswith(_EXTENSION_SIBLING):
        sibling = _ref(_PRIMITIVE_EXTENSION)
        return _many(_or_null(sibling)) if is_list_type(field) else sibling
    part = _part(field.annotation)
    if part is not None:
        one = _ref(_ANY_RESOURCE if part.__name__ == "Resource" else part.__name__)
        return _many(one) if is_list_type(field) else one
    value = _primitive(model, name, field)
    # A null in an array of primitives keeps the place of a value that is only extended.
    return _many(_or_null(value)) if is_list_type(field) else value


def _primitive(model: Model, name: str, field: FieldInfo) -> Schema:
    """The schema of a primitive element: its codes where they are bound, else its pattern."""
    if name == "id":
        return PRIMITIVES["id" if model.has_resource_base() else "string"]
    kind = get_fhir_type_name(field)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    listed: Any = extra.get("enum_values")
    codes = codes_of(f"{model.__name__}.{name}", listed) if kind == "code" else None
    return {"enum": codes} if codes else PRIMITIVES[kind]


def _required_primitives(model: Model) -> list[Schema]:
    """A required primitive may only be missing where its `_` sibling has an extension."""
    rules: list[Schema] = []
    for name, sibling in model.model_construct().get_required_fields():
        field = model.model_fields[name]
        present: Schema = {"required": [field.alias]}
        if sibling is None:
            rules.append(present)
            continue
        explained = f"_{field.alias}"
        has_extension: Schema = {"required": [explained]}
        if not is_list_type(field):
            has_extension |= {"properties": {explained: {"required": ["extension"]}}}
        rules.append({"if": has_extension, "else": present})
    return rules


def _choices(model: Model) -> list[Schema]:
    """At most one type of each choice element (value[x]); one of them where it is required."""
    rules: list[Schema] = []
    for prefix, names in model.model_construct().get_one_of_many_fields().items():
        types = [*names, "valueMeta"] if model.__name__ in _OPEN_CHOICES else list(names)
        rules.append(_at_most_one(types, crowded=3 if model.__name__ == "Extension" else 2))
        extra: Any = model.model_fields[names[0]].json_schema_extra
        if extra["one_of_many_required"]:
            some = {"anyOf": [{"required": [name]} for name in types]}
            # No element is called so: the refusal names the choice instead of all its types.
            rules.append({"if": some, "else": {"required": [f"{prefix}[x]"]}})
    return rules


def _at_most_one(types: list[str], crowded: int) -> Schema:
    """Each type forbids the others; asked only of an object with `crowded` elements or more.

    An Extension with its url and one more element, the usual case, has nothing to be asked.
    """
    others = {
        name: {"properties": {other: False for other in types if other != name}} for name in types
    }
    return {"if": {"minProperties": crowded}, "then": {"dependentSchemas": others}}


def _dispatch(names: tuple[str, ...]) -> Schema:
    """A resource is what its `resourceType` says; one of another type is checked for shape."""
    schema = _ref("Shape")
    for name in reversed(names):
        says_so = {"properties": {"resourceType": {"const": name}}, "required": ["resourceType"]}
        schema = {"if": says_so, "then": _ref(name), "else": schema}
    return {"type": "object", **schema}


def _shape() -> Schema:
    """What any resource has: a type, an id, a meta and a language of the right form."""
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {
            "resourceType": {"type": "string", "pattern": RESOURCE_NAME_PATTERN},
            "id": {"type": "string", "pattern": ID_PATTERN},
            "meta": _ref("Meta"),
            "implicitRules": PRIMITIVES["uri"],
            "language": PRIMITIVES["code"],
            "contained": _many(_ref(_ANY_RESOURCE)),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _many(one: Schema) -> Schema:
    """An array of it; FHIR has no empty arrays."""
    return {"type": "array", "minItems": 1, "items": one}


def _or_null(one: Schema) -> Schema:
    return {"if": {"type": "null"}, "else": one}


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}
