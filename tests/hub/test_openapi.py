"""docs/api/openapi.yaml is a whole OpenAPI 3.1 document, and says what the tables of routes say."""
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}
# What the hub's own tables have; other rooms add theirs.
PERMITS = {"see", "search", "explain", "acknowledge", "operate", "propose", "approve", "people", "audit", "administer", "tokens", "self", "none"}

# OpenAPI 3.1 as far as this document uses it: what is not named here is a slip of the pen.
REFERENCE = {"type": "object", "required": ["$ref"], "properties": {"$ref": {"type": "string", "pattern": "^#/components/"}, "description": {"type": "string"}}, "additionalProperties": False}
CONTENT = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}}, "additionalProperties": False}}
RESPONSE = {"type": "object", "required": ["description"], "properties": {"description": {"type": "string", "minLength": 1}, "content": CONTENT, "headers": {"type": "object"}}, "additionalProperties": False}
PARAMETER = {"type": "object", "required": ["name", "in", "schema"], "properties": {"name": {"type": "string"}, "in": {"enum": ["query", "path"]}, "required": {"type": "boolean"},
             "description": {"type": "string"}, "schema": {"type": "object"}}, "additionalProperties": False}
BODY = {"type": "object", "required": ["content"], "properties": {"required": {"type": "boolean"}, "content": CONTENT}, "additionalProperties": False}
OPERATION = {
    "type": "object",
    "required": ["operationId", "tags", "summary", "x-permit", "responses"],
    "properties": {
        "operationId": {"type": "string", "pattern": "^[a-z][A-Za-z]*$"}, "tags": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "summary": {"type": "string", "minLength": 1}, "description": {"type": "string"}, "x-permit": {"enum": sorted(PERMITS)}, "x-not-yet": {"const": True},
        "security": {"type": "array"}, "parameters": {"type": "array", "items": {"anyOf": [REFERENCE, PARAMETER]}},
        "requestBody": {"anyOf": [REFERENCE, BODY]},
        "responses": {"type": "object", "required": ["default"], "patternProperties": {"^([1-5][0-9][0-9]|default)$": {"anyOf": [REFERENCE, RESPONSE]}}, "additionalProperties": False}},
    "additionalProperties": False}
DOCUMENT = {
    "type": "object",
    "required": ["openapi", "info", "servers", "security", "tags", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"}, "info": {"type": "object", "required": ["title", "version"]}, "servers": {"type": "array"}, "security": {"type": "array"}, "tags": {"type": "array"},
        "paths": {"type": "object", "patternProperties": {"^/api/v1/[a-z]": {
            "type": "object", "properties": {"parameters": {"type": "array", "items": {"anyOf": [REFERENCE, PARAMETER]}}, **{method: OPERATION for method in METHODS}}, "additionalProperties": False}},
            "additionalProperties": False},
        "components": {"type": "object", "properties": {
            "securitySchemes": {"type": "object"}, "schemas": {"type": "object", "additionalProperties": {"type": "object"}},
            "parameters": {"type": "object", "additionalProperties": PARAMETER}, "requestBodies": {"type": "object", "additionalProperties": BODY},
            "responses": {"type": "object", "additionalProperties": RESPONSE}}, "additionalProperties": False}},
    "additionalProperties": False}


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "docs/api/openapi.yaml").read_text())


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method.upper(), item[method], item.get("parameters", []) + item[method].get("parameters", [])


def walk(value):
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from walk(inner)


def resolve(document, value):
    while "$ref" in value:
        at = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        value = at
    return value


def test_it_has_the_shape_of_openapi(document):
    jsonschema.validate(document, DOCUMENT)


def test_references_lead_somewhere_and_all_components_are_used(document):
    used = set()
    for value in walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            resolve(document, value)
            used.add(value["$ref"])
    for kind in ("schemas", "parameters", "requestBodies", "responses"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"nobody uses {kind}/{name}"


def test_every_schema_is_one(document):
    for value in walk(document):
        if isinstance(value, dict) and "schema" in value and isinstance(value["schema"], dict):
            jsonschema.Draft202012Validator.check_schema(value["schema"])
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_operations_are_named_once_and_say_their_parameters(document):
    names, tags = [], {tag["name"] for tag in document["tags"]}
    for path, _, operation, parameters in operations(document):
        names.append(operation["operationId"])
        assert set(operation["tags"]) <= tags
        parameters = [resolve(document, one) for one in parameters]
        assert {one["name"] for one in parameters if one["in"] == "path"} == set(re.findall(r"{(\w+)}", path)), path
        assert all(one.get("required") for one in parameters if one["in"] == "path")
        assert len({one["name"] for one in parameters}) == len(parameters)
    assert len(set(names)) == len(names)


def test_permits_are_those_of_the_code(document):
    header = (ROOT / "src/hub/people/permit.h").read_text()
    permits = re.findall(r'X\([A-Z]+, "([a-z]+)", \d+\) ', header)
    roles = re.findall(r'X\([A-Z]+, "([a-z]+)", \d+, ', header)
    assert document["components"]["schemas"]["Permit"]["enum"] == permits
    assert document["components"]["schemas"]["Role"]["enum"] == roles


def test_bodies_are_strict(document):
    """What a body may not have is refused: the document says so of each."""
    for path, method, operation, _ in operations(document):
        if "requestBody" not in operation or path.endswith("/probes/report"):
            continue
        for content in resolve(document, operation["requestBody"])["content"].values():
            assert resolve(document, content["schema"]).get("additionalProperties") is False, f"{method} {path}"


def routes():
    said = subprocess.run([ROOT / "build/tests/hub/list-routes"], capture_output=True, text=True, check=True).stdout
    return {(method, path): permit for method, path, permit in (line.split() for line in said.splitlines())}


def test_the_tables_of_routes_are_the_document(document):
    """Every route is in it, with its permit; every path of it is a route, or says that it is none yet."""
    told = {(method, path): operation["x-permit"] for path, method, operation, _ in operations(document) if "x-not-yet" not in operation}
    assert told == routes()


def test_what_is_built_in_is_the_document(document):
    """As the build made JSON of it."""
    text = (ROOT / "build/src/hub/api/document.c").read_text()
    numbers = bytes(int(number) for number in re.search(r"\{(.*)\}", text, re.S)[1].replace("\n", "").replace("\t", "").split(",") if number)
    assert json.loads(numbers) == document
