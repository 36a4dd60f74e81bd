"""MLServer with its adaptive batching: NETWORK.onnx PORT. It listens at 127.0.0.1."""

import asyncio
import socket
import sys

import onnxruntime
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Rows(MLModel):
    """A network."""

    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = self.settings.parameters.uri
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0])
        made = await asyncio.get_running_loop().run_in_executor(None, lambda: self.session.run(None, {"x": rows})[0])
        return InferenceResponse(id=payload.id, model_name=self.name, outputs=[NumpyCodec.encode_output("y", made)])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


async def main(path, port):
    server = MLServer(
        Settings(
            host="127.0.0.1",
            http_port=free_port(),
            grpc_port=port,
            metrics_endpoint=None,
            parallel_workers=0,
            debug=False,
            use_structured_logging=False,
        )
    )
    model = ModelSettings(
        name="network",
        implementation=Rows,
        max_batch_size=64,
        max_batch_time=0.001,
        parameters={"uri": path},
    )
    await server.start([model])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
