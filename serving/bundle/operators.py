"""The operators that a network of a bundle may use, as `manifest.schema.json` lists them.

Those of ONNX itself that compute numbers from numbers. Left out are graphs within graphs (`If`, `Loop`, `Scan`), random
numbers, which no two runtimes draw alike, strings, sequences, training and pictures' file formats; and every other
domain, some of whose operators open files.
"""

from serving.bundle.schema import SCHEMA

ALLOWED = frozenset(SCHEMA["x-operators"]["allowed"])
# ONNX's own domain by both of its names.
DOMAINS = tuple(SCHEMA["x-operators"]["domains"])
