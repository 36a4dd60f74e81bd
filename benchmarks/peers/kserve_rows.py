"""KServe's SDK with a batcher of rows: NETWORK.onnx PORT. It listens at 127.0.0.1, where KServe itself takes every
interface."""

import asyncio
import sys

import kserve
import numpy as np
import onnxruntime
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc import server as grpc_server
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

MOST = 64


class Rows(kserve.Model):
    """A network whose waiting requests are computed together."""

    def __init__(self, path):
        super().__init__("network")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.worker = None
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        if self.worker is None:
            self.queue = asyncio.Queue()
            self.worker = asyncio.create_task(self.work())
        answer = asyncio.get_running_loop().create_future()
        await self.queue.put((payload.inputs[0].as_numpy(), answer))
        made = await answer
        output = kserve.InferOutput("y", list(made.shape), "FP32")
        output.set_data_from_numpy(made, binary_data=True)
        return kserve.InferResponse(payload.id, "network", [output])

    async def work(self):
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.queue.get()]
            while not self.queue.empty() and sum(len(rows) for rows, _ in batch) < MOST:
                batch.append(self.queue.get_nowait())
            rows = np.concatenate([each for each, _ in batch]) if len(batch) > 1 else batch[0][0]
            made = await loop.run_in_executor(None, lambda rows=rows: self.session.run(None, {"x": rows})[0])
            start = 0
            for each, answer in batch:
                answer.set_result(made[start : start + len(each)])
                start += len(each)


class Loopback:
    """gRPC's module, whose servers listen at loopback."""

    def __init__(self, aio):
        self.aio = aio

    def server(self, *args, **kwargs):
        made = self.aio.server(*args, **kwargs)
        listen = made.add_insecure_port
        made.add_insecure_port = lambda place: listen(place.replace("[::]", "127.0.0.1"))
        return made


path, port = sys.argv[1:]
grpc_server.aio = Loopback(grpc_server.aio)
repository = kserve.ModelRepository()
repository.update(Rows(path))
plane = DataPlane(repository)
limits = {"grpc_max_send_message_length": 2**26, "grpc_max_receive_message_length": 2**26}
asyncio.run(grpc_server.GRPCServer(int(port), plane, ModelRepositoryExtension(repository), limits).start(4))
