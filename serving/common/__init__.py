"""What training and serving share: errors, files, pictures, classes and noise, without bundles and ONNX Runtime."""
