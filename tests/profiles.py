"""ICC profiles that are made for tests.

Source: ICC.1:2022, "Image technology colour management": sections 7 (tags) and 10.18 (parametric curves).
"""

from __future__ import annotations

import struct

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
# Columns are what red, green and blue are in XYZ under D50 (Bradford), as the profiles of the names have them.
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def rgb_profile(matrix, curve=SRGB_CURVE):
    """A matrix profile: a gamma, or the five numbers of a parametric curve of type 3."""
    numbers = (curve,) if isinstance(curve, float) else curve
    trc = b"para" + bytes(4) + struct.pack(">HH", 0 if len(numbers) == 1 else 3, 0) + b"".join(map(_fixed, numbers))
    tags = {b"wtpt": _xyz(D50), **{b"%cTRC" % c: trc for c in b"rgb"}}
    tags |= {b"%cXYZ" % c: _xyz(matrix[:, column]) for column, c in enumerate(b"rgb")}
    return _profile(b"RGB ", tags)


def grey_profile(gamma):
    """Grey of a gamma."""
    return _profile(b"GRAY", {b"wtpt": _xyz(D50), b"kTRC": b"para" + bytes(8) + _fixed(gamma)})


def shown(picture, matrix, curve=SRGB_CURVE):
    """Numbers of a matrix profile as grey levels of sRGB, counted out: IEC 61966-2-1 at the end."""
    values = np.asarray(picture) / 255.0
    if isinstance(curve, float):
        linear = values**curve
    else:
        g, a, b, c, d = curve
        linear = np.where(values >= d, (a * values + b) ** g, c * values)
    of_srgb = np.clip(linear @ (np.linalg.inv(SRGB) @ matrix).T, 0, 1)
    return np.rint(255 * np.where(of_srgb <= 0.0031308, 12.92 * of_srgb, 1.055 * of_srgb ** (1 / 2.4) - 0.055))


def _fixed(number):
    return struct.pack(">i", round(number * 65536))


def _xyz(values):
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))


def _profile(space, tags):
    tags |= {
        b"desc": b"mluc" + bytes(4) + struct.pack(">II", 0, 12),
        b"cprt": b"mluc" + bytes(4) + struct.pack(">II", 0, 12),
    }
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    header = struct.pack(">I", size) + bytes(4) + b"\x04\x30\0\0" + b"mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    header += bytes(28) + b"".join(map(_fixed, D50))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
