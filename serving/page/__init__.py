"""Bundles as a web page that runs them in the browser. Imports neither TensorFlow nor ONNX Runtime."""

from serving.page.site import write_site

__all__ = ["write_site"]
