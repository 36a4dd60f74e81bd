"""A session of ONNX Runtime, run by a Python with any build of it: one batch for each line of input.

python onnx_session.py FILE.onnx FEED.npz [PROVIDER [OPTION=VALUE ...]]
"""

import sys

import numpy as np
import onnxruntime


def main():
    file, feed, *rest = sys.argv[1:]
    provider, options = (rest or ["CPUExecutionProvider"])[0], dict(word.split("=", 1) for word in rest[1:])
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(file, settings, providers=[(provider, options)])
    with np.load(feed) as arrays:
        given = {name: arrays[name] for name in arrays.files}
    for _ in sys.stdin:
        session.run(None, given)
        print("done", flush=True)


if __name__ == "__main__":
    main()
