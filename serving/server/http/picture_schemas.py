"""What the OpenAPI document says of the picture routes."""

from __future__ import annotations

from typing import Any

from serving.server.http.picture_files import KINDS, MEDIA_TYPES
from serving.server.http.protocol_schemas import TEXT, answered, list_of, object_of

Schema = dict[str, Any]

PROBLEM: Schema = {
    "description": "why there is no result (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": object_of(
                {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
                ["type", "title", "status", "detail"],
            )
        }
    },
}
FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}


def _parameter(name: str, schema: Schema, what: str) -> Schema:
    return {"name": name, "in": "query", "description": what, "schema": schema}


CLASS = _parameter("class", TEXT, "name of a class, or its number")
FORMAT = _parameter("format", {"enum": list(KINDS)}, "of the answer; by default what the header Accept names, or PNG")
UPLOAD: Schema = {
    "required": True,
    "content": {
        **{media_type: {"schema": FILE} for media_type in MEDIA_TYPES.values()},
        "multipart/form-data": {"schema": object_of({"image": FILE}, ["image"])},
    },
}
PICTURE: Schema = {"description": "the picture", "content": {each: {"schema": FILE} for each in MEDIA_TYPES.values()}}

BUNDLES: Schema = {
    "summary": "Every bundle, and what it can do",
    "responses": {
        "200": answered(
            object_of({"bundles": list_of(object_of({"name": TEXT, "abilities": list_of(TEXT)}, ["name"]))}),
            "the bundles",
        )
    },
}
SAMPLE: Schema = {
    "summary": "Draws pictures",
    "parameters": [
        _parameter("n", {"type": "integer", "minimum": 1, "default": 1}, "how many"),
        _parameter("seed", {"type": "integer", "format": "int64", "default": 0}, "the same gives the same pictures"),
        CLASS,
        _parameter("truncation", {"type": "number", "exclusiveMinimum": 0}, "how far latents may be from 0"),
        _parameter(
            "format", {"enum": ["png", "npy", "grid"]}, "`png` is one picture, `grid` all in one, `npy` an array"
        ),
    ],
    "responses": {
        "200": {
            "description": "the pictures",
            "content": {"image/png": {"schema": FILE}, "application/octet-stream": {"schema": FILE}},
        }
    },
}
TRANSLATE: Schema = {
    "summary": "Translates a picture of any size",
    "parameters": [
        _parameter("to", TEXT, "the domain to translate to, or the name of a class, where there are several"),
        _parameter("class", TEXT, "in place of `to`, of a bundle that is told a class: its name, or its number"),
        _parameter(
            "seed",
            {"type": "integer", "format": "int64", "default": 0},
            "of a bundle with noise: another seed gives another answer, the same seed the same",
        ),
        FORMAT,
    ],
    "requestBody": UPLOAD,
    "responses": {"200": PICTURE},
}
ENCODE: Schema = {
    "summary": "The latent of a picture",
    "parameters": [CLASS],
    "requestBody": UPLOAD,
    "responses": {"200": answered(object_of({"code": list_of({"type": "number"})}, ["code"]), "the latent")},
}
RECONSTRUCT: Schema = {
    "summary": "A picture, encoded and decoded again",
    "parameters": [CLASS, FORMAT],
    "requestBody": UPLOAD,
    "responses": {"200": PICTURE},
}
CLASSIFY: Schema = {
    "summary": "How probable each class is",
    "requestBody": UPLOAD,
    "responses": {
        "200": answered(
            object_of(
                {
                    "classes": list_of(
                        object_of({"class": TEXT, "probability": {"type": "number"}}, ["class", "probability"])
                    )
                },
                ["classes"],
            ),
            "the classes, the most probable first",
        )
    },
}
