"""Bundles over HTTP/1.1."""

from serving.server.http.application import http_application
from serving.server.http.settings import Answered, HttpSettings
from serving.server.http.wire import server_options

__all__ = ["Answered", "HttpSettings", "http_application", "server_options"]
