"""A stand-in of a model hub's HTTP interface on loopback: repositories of one branch, and what was asked of it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

Files = dict[str, bytes]


@dataclass
class ModelHub:
    """Repositories by name, the commits of each in their order, and every request: method, path and headers.

    Attributes:
        refused: name of a file -> status of what is answered instead of it.
    """

    repositories: dict[str, list[Files]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, folder: Path) -> str:
        """A commit of what is in a folder; returns what it is called."""
        files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        return self.commit(name, files)

    def commit(self, name: str, files: Files) -> str:
        commits = self.repositories.setdefault(name, [])
        commits.append({**(commits[-1] if commits else {}), **files})
        return commit_of(name, len(commits) - 1)

    def newest(self, name: str) -> Files:
        return self.repositories[name][-1]

    def at(self, name: str, revision: str) -> tuple[str, Files] | None:
        """A commit and its files; `main` is the newest."""
        commits = self.repositories[name]
        called = {commit_of(name, index): index for index in range(len(commits))}
        index = called.get(revision, len(commits) - 1 if revision == "main" else None)
        return None if index is None else (commit_of(name, index), commits[index])

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


def commit_of(name: str, index: int) -> str:
    return hashlib.sha1(f"{name} {index}".encode()).hexdigest()


def serve(hub: ModelHub) -> ThreadingHTTPServer:
    """A server of the hub on a free port of loopback, not running yet."""
    return ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))


class _Handler(BaseHTTPRequestHandler):
    hub: ModelHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = self._note()
        if parts[:2] == ["api", "models"]:
            self._info("/".join(parts[2:4]), parts[5] if parts[4:5] == ["revision"] else "main")
        elif parts[2:3] == ["resolve"]:
            self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:
            self._answer(404, {"error": "no such page"})

    def do_POST(self) -> None:
        parts = self._note()
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.headers.get("Authorization"):
            self._answer(401, {"error": "no token"}, {"X-Error-Code": "RepoNotFound"})
        elif parts == ["api", "repos", "create"]:
            wanted = json.loads(content)
            name = f"{wanted['organization']}/{wanted['name']}"
            self.hub.repositories.setdefault(name, [{".gitattributes": b""}])
            if wanted.get("private") or wanted.get("visibility") == "private":
                self.hub.private.add(name)
            self._answer(200, {"url": f"http://{self.headers['Host']}/{name}", "name": name})
        elif parts == ["api", "validate-yaml"]:
            errors = [{"message": '"license" is none'}] if "license: none" in json.loads(content)["content"] else []
            self._answer(400 if errors else 200, {"errors": errors, "warnings": []})
        elif parts[4] == "preupload":
            files = json.loads(content)["files"]
            known = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]
            self._answer(200, {"files": known})
        else:
            self._commit("/".join(parts[2:4]), content)

    def log_message(self, *_: object) -> None:
        """Of nobody."""

    def _note(self) -> list[str]:
        path = self.path.partition("?")[0]
        self.hub.asked.append((self.command, path, dict(self.headers)))
        return [unquote(part) for part in path.strip("/").split("/")]

    def _info(self, name: str, revision: str) -> None:
        if (found := self._found(name, revision)) is not None:
            commit, files = found
            self._answer(200, {"id": name, "sha": commit, "siblings": [{"rfilename": file} for file in files]})

    def _file(self, name: str, revision: str, file: str) -> None:
        if (found := self._found(name, revision)) is None:
            return
        commit, files = found
        if file in self.hub.refused:
            self._answer(self.hub.refused[file], {"error": "refused"})
        elif file not in files:
            self._answer(404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound"})
        else:
            tag = hashlib.sha1(files[file]).hexdigest()
            self._send(200, files[file], {"X-Repo-Commit": commit, "ETag": f'"{tag}"'})

    def _found(self, name: str, revision: str) -> tuple[str, Files] | None:
        code = "RevisionNotFound" if name in self.hub.repositories else "RepoNotFound"
        found = self.hub.at(name, revision) if name in self.hub.repositories else None
        if found is None:
            self._answer(404, {"error": code}, {"X-Error-Code": code})
        return found

    def _commit(self, name: str, content: bytes) -> None:
        lines = [json.loads(line) for line in content.splitlines() if line]
        files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in lines if line["key"] == "file"
        }
        commit = self.hub.commit(name, files)
        url = f"http://{self.headers['Host']}/{name}/commit/{commit}"
        self._answer(200, {"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
