"""What runs the networks of a bundle: ONNX Runtime, its providers, and sessions over verified files."""
