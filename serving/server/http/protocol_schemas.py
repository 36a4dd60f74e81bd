"""What the OpenAPI document says of the routes of the Open Inference Protocol."""

from __future__ import annotations

from typing import Any

from serving.bundle.ports import DATA_TYPES
from serving.server.http.infer_request import BINARY, BINARY_ALL, BINARY_SIZE, MOST_ID
from serving.server.http.tensors import MOST_AXES

Schema = dict[str, Any]


def object_of(properties: Schema, required: list[str] | None = None) -> Schema:
    """An object with these properties, and maybe others."""
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def list_of(items: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **more}


def answered(schema: Schema, what: str) -> Schema:
    """A response in JSON."""
    return {"description": what, "content": {"application/json": {"schema": schema}}}


TEXT: Schema = {"type": "string"}
ERROR = answered(object_of({"error": TEXT}, ["error"]), "why there is no result")
NAME_OF_TENSOR: Schema = TEXT
SIZES = list_of({"type": "integer", "minimum": 1}, maxItems=MOST_AXES)
KIND: Schema = {"enum": sorted(DATA_TYPES.values())}
NUMBERS: Schema = {"type": "array", "items": {"anyOf": [{"type": "number"}, {"$ref": "#/components/schemas/Numbers"}]}}
REF_NUMBERS: Schema = {"$ref": "#/components/schemas/Numbers"}
METADATA = object_of(
    {
        "name": TEXT,
        "versions": list_of(TEXT),
        "platform": TEXT,
        "inputs": list_of(
            object_of({"name": TEXT, "datatype": KIND, "shape": list_of({"type": "integer"})}, ["name", "datatype"])
        ),
        "outputs": list_of(
            object_of({"name": TEXT, "datatype": KIND, "shape": list_of({"type": "integer"})}, ["name", "datatype"])
        ),
    },
    ["name", "versions", "platform", "inputs", "outputs"],
)
REQUEST = object_of(
    {
        "id": {"type": "string", "maxLength": MOST_ID},
        "parameters": object_of({BINARY_ALL: {"type": "boolean"}, "timeout": {"type": "integer", "minimum": 0}}),
        "inputs": list_of(
            object_of(
                {
                    "name": NAME_OF_TENSOR,
                    "shape": SIZES,
                    "datatype": KIND,
                    "parameters": object_of({BINARY_SIZE: {"type": "integer", "minimum": 0}}),
                    "data": REF_NUMBERS,
                },
                ["name", "shape", "datatype"],
            )
        ),
        "outputs": list_of(
            object_of({"name": NAME_OF_TENSOR, "parameters": object_of({BINARY: {"type": "boolean"}})}, ["name"])
        ),
    },
    ["inputs"],
)
RESULT = object_of(
    {
        "model_name": TEXT,
        "model_version": TEXT,
        "id": TEXT,
        "outputs": list_of(
            object_of(
                {
                    "name": TEXT,
                    "shape": SIZES,
                    "datatype": KIND,
                    "parameters": object_of({BINARY_SIZE: {"type": "integer"}}),
                    "data": list_of({"type": "number"}),
                },
                ["name", "shape", "datatype"],
            )
        ),
    },
    ["model_name", "model_version", "outputs"],
)

LENGTH_HEADER: Schema = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "bytes of the JSON, where tensors follow it as bytes",
    "schema": {"type": "integer", "minimum": 1},
}
READINESS = object_of({"ready": {"type": "boolean"}}, ["ready"])

LIVE: Schema = {
    "summary": "Whether the server runs",
    "responses": {"200": answered(object_of({"live": {"type": "boolean"}}, ["live"]), "it does")},
}
READY: Schema = {
    "summary": "Whether every model is ready",
    "responses": {"200": answered(READINESS, "they are"), "400": answered(READINESS, "not yet, or no more")},
}
SERVER: Schema = {
    "summary": "The server's name, version and extensions",
    "responses": {
        "200": answered(
            object_of({"name": TEXT, "version": TEXT, "extensions": list_of(TEXT)}, ["name", "version", "extensions"]),
            "the server",
        )
    },
}
INDEX: Schema = {
    "summary": "Every model",
    "requestBody": {"content": {"application/json": {"schema": object_of({"ready": {"type": "boolean"}})}}},
    "responses": {
        "200": answered(
            list_of(
                object_of({"name": TEXT, "version": TEXT, "state": TEXT, "reason": TEXT}, ["name", "version", "state"])
            ),
            "the models",
        )
    },
}
MODEL: Schema = {
    "summary": "A model's inputs and outputs",
    "responses": {"200": answered(METADATA, "the model")},
}
MODEL_READY: Schema = {
    "summary": "Whether a model is ready",
    "responses": {
        "200": answered(object_of({"name": TEXT, "ready": {"type": "boolean"}}), "it is"),
        "400": answered(object_of({"name": TEXT, "ready": {"type": "boolean"}}), "not yet, or no more"),
    },
}
INFER: Schema = {
    "summary": "Runs a model",
    "description": "Tensors come and go as numbers in JSON, or as bytes behind it (binary tensor data extension).",
    "parameters": [LENGTH_HEADER],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}},
            "application/octet-stream": {"schema": {}},
        },
    },
    "responses": {
        "200": {
            "description": "the outputs",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/InferResponse"}},
                "application/octet-stream": {"schema": {}},
            },
        }
    },
}
SCHEMAS: Schema = {"Numbers": NUMBERS, "InferRequest": REQUEST, "InferResponse": RESULT}
