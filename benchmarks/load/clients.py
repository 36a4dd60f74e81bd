"""Clients in processes of their own, which send the same bytes to every server and count what comes back.

The bytes are made once: what is measured is the server, not the client's library.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np

from serving.server.grpc.messages import message

INFER = "/inference.GRPCInferenceService/ModelInfer"
Send = Callable[[float], str]


def random_rows(shape: tuple[int, ...], tensor: str) -> tuple[np.ndarray, str]:
    """Random numbers, bytes for pictures (`image`), and the protocol's name of their type."""
    random = np.random.default_rng(0)
    if tensor == "image":
        return random.integers(0, 256, shape, np.uint8), "UINT8"
    return random.normal(size=shape).astype(np.float32), "FP32"


def content(model: str, shape: tuple[int, ...], tensor: str = "x") -> bytes:
    """A message of random rows."""
    rows, kind = random_rows(shape, tensor)
    asked = message("ModelInferRequest")(model_name=model)
    asked.inputs.add(name=tensor, datatype=kind, shape=shape)
    asked.raw_input_contents.append(rows.tobytes())
    return bytes(asked.SerializeToString())


def grpc_client(address: str, model: str, shape: tuple[int, ...], tensor: str) -> Send:
    """Sends one request and gives its status."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
    call = grpc.insecure_channel(address, options=options).unary_unary(INFER)
    body = content(model, shape, tensor)

    def send(deadline: float) -> str:
        try:
            call(body, timeout=deadline)
        except grpc.RpcError as error:
            return str(error.code().name)  # type: ignore[attr-defined]
        return "OK"

    return send


def http_client(address: str, model: str, shape: tuple[int, ...], tensor: str) -> Send:
    """The same over HTTP, with tensors as bytes."""
    rows, kind = random_rows(shape, tensor)
    described = {"name": tensor, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": rows.nbytes}}
    said = json.dumps({"inputs": [described], "parameters": {"binary_data_output": True}}).encode()
    body, headers = said + rows.tobytes(), {"Inference-Header-Content-Length": str(len(said))}
    connection = http.client.HTTPConnection(address)

    def send(deadline: float) -> str:
        try:
            connection.request("POST", f"/v2/models/{model}/infer", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        return "OK" if answer.status == 200 else str(answer.status)

    return send


CLIENTS = {"grpc": grpc_client, "http": http_client}


def work(protocol: str, asked: tuple, load: tuple, barrier: Any, told: Any) -> None:
    """One client: sends requests one after the other, at a rate where one is given."""
    seconds, rate, deadline = load
    send = CLIENTS[protocol](*asked)
    for _ in range(20):
        send(10.0)
    barrier.wait(60)
    statuses: Counter[str] = Counter()
    took, late = [], 0.0
    started = time.perf_counter()
    while (now := time.perf_counter()) < started + seconds:
        if rate:
            turn = started + sum(statuses.values()) / rate
            time.sleep(max(0.0, turn - now))
        before = time.perf_counter()
        status = send(deadline)
        passed = time.perf_counter() - before
        statuses[status] += 1
        late = max(late, passed)
        if status == "OK":
            took.append(passed)
    told.put((dict(statuses), took, late))


def load(
    protocol: str,
    address: str,
    model: str,
    shape: tuple[int, ...],
    clients: int,
    seconds: float,
    rate: float = 0.0,
    deadline: float = 10.0,
    tensor: str = "x",
) -> dict[str, Any]:
    """Puts a server under load.

    Args:
        protocol: `grpc` or `http`.
        address: of the server.
        model: its name.
        shape: of the input of a request.
        clients: processes.
        seconds: that they send.
        rate: requests a second of all clients together; 0 for as many as are answered.
        deadline: seconds that a client waits.
        tensor: name of the input.

    Returns:
        statuses, requests a second that got a result, their median and 99th percentile in seconds, and the longest
        that any request took.
    """
    spawn = multiprocessing.get_context("spawn")
    barrier, told = spawn.Barrier(clients), spawn.Queue()
    asked, load = (address, model, shape, tensor), (seconds, rate / clients, deadline)
    processes = [spawn.Process(target=work, args=(protocol, asked, load, barrier, told)) for _ in range(clients)]
    for process in processes:
        process.start()
    found = [told.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join()
    statuses: Counter[str] = Counter()
    for each, _, _ in found:
        statuses.update(each)
    took = np.concatenate([each for _, each, _ in found])
    return {
        "statuses": dict(statuses),
        "rate": len(took) / seconds,
        "p50": float(np.percentile(took, 50)) if len(took) else None,
        "p99": float(np.percentile(took, 99)) if len(took) else None,
        "longest": max(late for _, _, late in found),
    }
