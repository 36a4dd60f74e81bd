"""What the Triton server makes of a repository, as far as its documentation and the messages of its checks say.

`load` refuses what the server would refuse; `infer` answers a request from the files, through `onnxruntime`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig, ModelInstanceGroup

TYPES = {"tensor(uint8)": "TYPE_UINT8", "tensor(int64)": "TYPE_INT64", "tensor(float)": "TYPE_FP32"}
ARRAYS = {"TYPE_UINT8": np.uint8, "TYPE_INT64": np.int64, "TYPE_FP32": np.float32}


def parsed(folder):
    return text_format.Parse((folder / "config.pbtxt").read_text(), ModelConfig())


def load(repository):
    """Name -> checked configuration of every model. Files beside the folders of models are not looked at."""
    configs = {folder.name: parsed(folder) for folder in Path(repository).iterdir() if folder.is_dir()}
    for name, config in configs.items():
        assert config.name == name
        assert newest(repository, name) >= 1
        assert config.version_policy.latest.num_versions == 1
        for port in [*config.input, *config.output]:
            check_sizes(port, config.max_batch_size)
        if config.platform == "ensemble":
            assert not config.instance_group
            assert not config.HasField("dynamic_batching")
            check_ensemble(config, configs)
        else:
            assert config.platform == "onnxruntime_onnx"
            assert config.HasField("dynamic_batching") == (config.max_batch_size > 0)
            (group,) = config.instance_group
            assert group.count >= 1
            assert group.kind in (ModelInstanceGroup.KIND_AUTO, ModelInstanceGroup.KIND_CPU)
            check_against_file(config, session_of(repository, name))
    return configs


def newest(repository, name):
    folders = (Path(repository) / name).iterdir()
    return max(int(path.name) for path in folders if path.name.isdecimal() and not path.name.startswith("0"))


def session_of(repository, name, version=None):
    """As the backend opens it: by path, `model.onnx`, which may be a folder with a file of that name."""
    path = Path(repository) / name / str(version or newest(repository, name)) / "model.onnx"
    path = path / "model.onnx" if path.is_dir() else path
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def check_sizes(port, max_batch_size):
    assert port.name
    assert port.data_type != DataType.TYPE_INVALID
    assert port.dims, "a tensor must have sizes"
    assert all(size == -1 or size >= 1 for size in port.dims)
    if port.HasField("reshape"):
        shape = list(port.reshape.shape)
        assert shape or max_batch_size > 0, "an empty reshape is for models whose requests are joined"
        assert shape.count(-1) == list(port.dims).count(-1)
        assert np.prod(shape) == np.prod(port.dims)


def check_against_file(config, session):
    """Names, types and every axis; only where all of them have a free first axis requests may be joined."""
    for ports, values in ((config.input, session.get_inputs()), (config.output, session.get_outputs())):
        assert {port.name for port in ports} == {value.name for value in values}
        found = {value.name: value for value in values}
        for port in ports:
            value = found[port.name]
            assert DataType.Name(port.data_type) == TYPES[value.type]
            sizes = [size if isinstance(size, int) else -1 for size in value.shape]
            stated = list(port.reshape.shape) if port.HasField("reshape") else list(port.dims)
            if config.max_batch_size > 0:
                assert sizes == [-1, *stated], port.name
            elif sizes:
                assert sizes == stated, port.name
            else:
                assert set(stated) == {1}, "a scalar is one number"


def whole(port, max_batch_size):
    """The sizes of a tensor with its batch."""
    return [-1, *port.dims] if max_batch_size else list(port.dims)


def agree(first, second):
    return len(first) == len(second) and all(a == b or -1 in (a, b) for a, b in zip(first, second, strict=True))


def check_ensemble(config, configs):
    known = {port.name: (port.data_type, whole(port, config.max_batch_size)) for port in config.input}
    promised = {port.name: (port.data_type, whole(port, config.max_batch_size)) for port in config.output}
    assert not known.keys() & promised.keys(), "a tensor of an ensemble has one source"
    fed = set()
    for step in config.ensemble_scheduling.step:
        model = configs[step.model_name]
        assert step.model_version == -1
        assert model.max_batch_size == 0 or model.max_batch_size >= config.max_batch_size
        inputs = {port.name: (port.data_type, whole(port, model.max_batch_size)) for port in model.input}
        outputs = {port.name: (port.data_type, whole(port, model.max_batch_size)) for port in model.output}
        assert step.input_map.keys() == inputs.keys()
        assert step.output_map.keys() <= outputs.keys()
        for own, tensor in step.input_map.items():
            assert known[tensor][0] == inputs[own][0]
            assert agree(known[tensor][1], inputs[own][1]), (tensor, known[tensor], inputs[own])
            fed.add(tensor)
        for own, tensor in step.output_map.items():
            assert tensor not in known
            known[tensor] = outputs[own]
    assert fed >= {port.name for port in config.input}
    for tensor, (kind, sizes) in promised.items():
        assert known[tensor][0] == kind
        assert agree(known[tensor][1], sizes)


def infer(repository, name, inputs, version=None):
    """The outputs of a model for what a client sends."""
    configs = load(repository)
    config = configs[name]
    assert inputs.keys() == {port.name for port in config.input}
    for port in config.input:
        check_request(port, inputs[port.name], config.max_batch_size)
    if config.platform != "ensemble":
        return run(config, session_of(repository, name, version), inputs)
    tensors = dict(inputs)
    for step in config.ensemble_scheduling.step:
        made = infer(repository, step.model_name, {own: tensors[name] for own, name in step.input_map.items()})
        tensors |= {name: made[own] for own, name in step.output_map.items()}
    return {port.name: tensors[port.name] for port in config.output}


def check_request(port, array, max_batch_size):
    assert array.dtype == ARRAYS[DataType.Name(port.data_type)]
    assert agree(list(array.shape), whole(port, max_batch_size)), (port.name, array.shape)
    assert max_batch_size == 0 or 1 <= len(array) <= max_batch_size


def run(config, session, inputs):
    feed = {}
    scalars = {value.name for value in session.get_inputs() if not value.shape}
    for port in config.input:
        array = inputs[port.name]
        if port.HasField("reshape"):
            array = array.reshape([len(array), *port.reshape.shape] if config.max_batch_size else port.reshape.shape)
        feed[port.name] = array.reshape(()) if port.name in scalars else array
    names = [port.name for port in config.output]
    return dict(zip(names, session.run(names, feed), strict=True))
