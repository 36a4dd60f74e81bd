"""Bundles over HTTP and gRPC: the Open Inference Protocol v2, and routes for pictures. Needs the extra `server`."""
