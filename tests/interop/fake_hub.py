# SPDX-License-Identifier: GPL-3.0-or-later
# A local server that behaves like a model hub: listing, HEAD with X-Linked-*, LFS redirects to another host, ranges, and
# every way of failing that a test asks for. Used by hub_test.py.
import hashlib
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LFS_FROM = 10_000  # bytes: larger files live on the "CDN"


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Repository:
    def __init__(self, files, gated=False, private=False):
        self.files = files
        self.gated, self.private = gated, private
        self.commit = hashlib.sha1(repr(sorted((n, git_sha1(d)) for n, d in files.items())).encode()).hexdigest()
        self.revisions = {"main": self.commit}

    def is_lfs(self, name):
        return len(self.files[name]) >= LFS_FROM

    def etag(self, name):
        data = self.files[name]
        return hashlib.sha256(data).hexdigest() if self.is_lfs(name) else git_sha1(data)


class FakeHub:
    """Serves as `localhost` (the hub, also below /mirror) and 127.0.0.1 (the CDN). `trouble(path, method, count)` may return a status, "refuse" (no
    answer), "cut", "stall", "corrupt", "short", "long", or "elsewhere" (sent to the CDN's host without a word) for the count-th request of a path.
    `retry_after`: what answers with a status of that kind ask for."""

    def __init__(self):
        self.repositories, self.log, self.counts = {}, [], {}
        self.trouble = lambda path, method, count: None
        self.token = "hf_secret"
        self.retry_after = "0"
        self.ignore_range = False
        self.chunk_delay = 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                hub.answer(self, "HEAD")

            def do_GET(self):
                hub.answer(self, "GET")

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://localhost:{self.port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def reset(self):
        self.log.clear()
        self.counts.clear()
        self.trouble = lambda path, method, count: None
        self.ignore_range, self.chunk_delay, self.retry_after = False, 0, "0"

    # ---- answers
    def send(self, h, method, status, headers=(), body=b""):
        h.send_response(status)
        for name, value in headers:
            h.send_header(name, value)
        if not any(n.lower() == "content-length" for n, _ in headers):
            h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        if method == "GET":
            h.wfile.write(body)

    def fail(self, h, method, status, code, text):
        self.send(h, method, status, [("X-Error-Code", code), ("X-Error-Message", text)], text.encode())

    def answer(self, h, method):
        url = urllib.parse.urlsplit(h.path)
        raw = url.path.removeprefix("/mirror")
        path = urllib.parse.unquote(raw)
        host = h.headers["Host"].split(":")[0]
        self.log.append({"host": host, "method": method, "path": path, "range": h.headers.get("Range"), "auth": h.headers.get("Authorization"), "time": time.monotonic(), "mirror": raw != url.path})
        key = (path, method)
        self.counts[key] = self.counts.get(key, 0) + 1
        trouble = self.trouble(path, method, self.counts[key])
        if isinstance(trouble, int):
            extra = [("Retry-After", self.retry_after)] if trouble in (429, 503) else []
            return self.send(h, method, trouble, extra, b"trouble")
        if trouble == "refuse":
            h.close_connection = True
            return h.connection.close()
        if trouble == "elsewhere":
            return self.send(h, method, 302, [("Location", f"http://127.0.0.1:{self.port}{h.path}")])
        if path.startswith("/cdn/"):
            name, etag = path[5:].rsplit("/", 1)
            data = next(d for r in self.repositories.values() for n, d in r.files.items() if r.etag(n) == etag)
            return self.send_file(h, method, data, trouble, [("ETag", '"cdn-etag"')])
        if path.startswith("/api/models/"):
            return self.answer_api(h, method, raw[len("/api/models/"):])
        if "/resolve/" in path:
            return self.answer_resolve(h, method, raw[1:], trouble)
        return self.fail(h, method, 404, "", "Not Found")

    def open(self, h, method, name):
        repository = self.repositories.get(name)
        known = h.headers.get("Authorization") == f"Bearer {self.token}"
        if h.headers.get("Authorization") and not known:
            self.fail(h, method, 401, "", "Invalid credentials in Authorization header")
        elif repository is None or (repository.private and not known):
            self.fail(h, method, 404 if known else 401, "RepoNotFound", "Repository not found")
        else:
            return repository
        return None

    def answer_api(self, h, method, rest):
        name, _, tail = rest.partition("/tree/" if "/tree/" in rest else "/revision/")
        repository = self.open(h, method, name)
        if repository is None:
            return
        revision = urllib.parse.unquote(tail.split("/")[0]) or "main"
        commit = repository.revisions.get(revision, revision if revision == repository.commit else None)
        if commit is None:
            return self.fail(h, method, 404, "RevisionNotFound", f"Invalid rev id: {revision}")
        entries = []
        for file, data in repository.files.items():
            entry = {"rfilename": file, "size": len(data), "blobId": git_sha1(data)}
            if repository.is_lfs(file):
                entry["lfs"] = {"sha256": repository.etag(file), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        if "/tree/" in rest:
            body = []
            for e in entries:
                item = {"type": "file", "oid": e["blobId"], "size": e["size"], "path": e["rfilename"]}
                if "lfs" in e:
                    item["lfs"] = {"oid": e["lfs"]["sha256"], "size": e["size"], "pointerSize": 130}
                body.append(item)
        else:
            body = {"id": name, "modelId": name, "sha": commit, "private": repository.private, "gated": "auto" if repository.gated else False,
                    "disabled": False, "tags": [], "siblings": entries, "downloads": 0, "likes": 0}
        self.send(h, method, 200, [("Content-Type", "application/json")], json.dumps(body).encode())

    def answer_resolve(self, h, method, path, trouble):
        name, _, rest = path.partition("/resolve/")
        repository = self.open(h, method, name)
        if repository is None:
            return
        revision, file = map(urllib.parse.unquote, rest.split("/", 1))
        commit = repository.revisions.get(revision, revision if revision == repository.commit else None)
        if commit is None:
            return self.fail(h, method, 404, "RevisionNotFound", "Invalid rev id")
        if repository.gated and h.headers.get("Authorization") != f"Bearer {self.token}-granted":
            return self.fail(h, method, 403 if h.headers.get("Authorization") else 401, "GatedRepo", "Access to this model is restricted")
        headers = [("X-Repo-Commit", commit)]
        if file not in repository.files:
            return self.fail(h, method, 404, "EntryNotFound", "Entry not found")
        etag, data = repository.etag(file), repository.files[file]
        if repository.is_lfs(file):
            headers += [("X-Linked-ETag", f'"{etag}"'), ("X-Linked-Size", str(len(data))), ("ETag", f'"{git_sha1(data)}"'),
                        ("Location", f"http://127.0.0.1:{self.port}/cdn/{file}/{etag}")]
            return self.send(h, method, 302, headers, b"Found")
        self.send_file(h, method, data, trouble, headers + [("ETag", f'W/"{etag}"')])

    def send_file(self, h, method, data, trouble, headers):
        start, status = 0, 200
        asked = h.headers.get("Range")
        if asked and not self.ignore_range:
            start = int(asked.removeprefix("bytes=").split("-")[0])
            if start >= len(data):
                return self.send(h, method, 416, [("Content-Range", f"bytes */{len(data)}")])
            status = 206
            headers = headers + [("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")]
        body = data[start:]
        if trouble == "corrupt":
            body = bytes([body[0] ^ 1]) + body[1:]
        body = {"short": body[:-7], "long": body + b"surplus"}.get(trouble, body)
        h.send_response(status)
        for name, value in headers + [("Content-Length", str(len(body)))]:
            h.send_header(name, value)
        h.end_headers()
        if method == "HEAD":
            return
        try:
            if trouble in ("cut", "stall"):
                h.wfile.write(body[:len(body) // 2])
                h.wfile.flush()
                if trouble == "stall":
                    time.sleep(4)
                h.close_connection = True
                h.connection.close()
                return
            step = len(body) // 20 + 1 if self.chunk_delay else max(len(body), 1)
            for i in range(0, len(body), step):
                h.wfile.write(body[i:i + step])
                h.wfile.flush()
                time.sleep(self.chunk_delay)
        except OSError:
            h.close_connection = True
