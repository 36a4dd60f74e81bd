"""Messages of gRPC that no client library would send."""

from __future__ import annotations

from hypothesis import strategies as st
from tritonclient.grpc import service_pb2

# Statuses of a client's own mistakes.
CLIENTS_OWN = ("INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED")

TENSORS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["x", "y", ""]),
        "datatype": st.sampled_from(["FP32", "UINT8", "BYTES", ""]),
        "shape": st.lists(st.sampled_from([-(2**63), -1, 0, 1, 2, 4, 2**31, 2**62]), max_size=20),
        "contents": st.none() | st.fixed_dictionaries({"fp32_contents": st.lists(st.floats(width=32), max_size=9)}),
    }
)
RAW = st.lists(st.sampled_from([b"", b"\0" * 31, b"\0" * 32, b"\xff" * 32, b"\0" * 100_000]), max_size=3)
CUT = st.none() | st.tuples(st.integers(0, 200), st.binary(max_size=4))


@st.composite
def wrong_messages(draw, model):
    """A request to a model with inputs named `x`, whose parts do not fit, or whose bytes are no message."""
    request = service_pb2.ModelInferRequest(
        model_name=draw(st.sampled_from([model, model, model, "", "nothing"])),
        model_version=draw(st.sampled_from(["", "", "", "7"])),
        inputs=draw(st.lists(TENSORS, max_size=3)),
        raw_input_contents=draw(RAW),
    )
    content, cut = request.SerializeToString(), draw(CUT)
    return content if cut is None else content[: cut[0]] + cut[1] + content[cut[0] + len(cut[1]) :]
