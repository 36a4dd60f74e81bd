"""The server's gRPC side: the Open Inference Protocol v2, and health checks."""
