# SPDX-License-Identifier: GPL-3.0-or-later
# A local server that answers as W&B's does, for our client and for the real one, and fails in every way that a test asks for.
import base64
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "0123456789abcdef" * 2 + "01234567"


class FakeRun:
    def __init__(self, name, entity, project):
        self.name, self.entity, self.project = name, entity, project
        self.files = {}  # file_stream: name → list of lines
        self.stored = {}  # uploaded files
        self.uploaded, self.ends, self.config, self.fields = [], [], {}, {}

    def lines(self, name="wandb-history.jsonl"):
        return [json.loads(line) for line in self.files.get(name, [])]


class FakeWandb:
    """`trouble(kind, count)` may return a status, "cut" (connection closed), or ("sleep", seconds) for the count-th request of a kind:
    graphql, file_stream, storage."""

    def __init__(self):
        self.runs, self.log, self.counts = {}, [], {}
        self.trouble = lambda kind, count: None
        self.stop_runs, self.problems = False, []
        self.lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fake.answer(self, self.command, body)

            do_GET = do_POST = do_PUT = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def run(self):
        assert len(self.runs) == 1, list(self.runs)
        return next(iter(self.runs.values()))

    # ---- answers
    def send(self, h, status, value, headers=()):
        body = json.dumps(value).encode()
        h.send_response(status)
        for name, text in headers:
            h.send_header(name, text)
        h.send_header("Content-Length", str(len(body)))
        h.send_header("Content-Type", "application/json")
        h.end_headers()
        h.wfile.write(body)

    def answer(self, h, method, body):
        path = h.path.split("?")[0]
        kind = "graphql" if path == "/graphql" else "storage" if path.startswith("/storage/") else "file_stream"
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            count = self.counts[kind]
        self.log.append((kind, method, path))
        trouble = self.trouble(kind, count)
        if isinstance(trouble, tuple):
            time.sleep(trouble[1])
        elif trouble == "cut":
            h.close_connection = True
            h.connection.close()
            return None
        elif trouble:
            return self.send(h, trouble, {"errors": [{"message": "trouble"}]}, [("Retry-After", "0")] if trouble == 429 else [])
        if kind == "storage":
            if h.headers.get("Authorization"):
                self.problems.append("the key was sent to the storage")
            if h.headers.get("X-Test") != "1":
                self.problems.append("an upload header is missing")
            _, _, entity, project, run, name = path.split("/", 5)
            self.runs[entity, project, run].stored[name] = body
            return self.send(h, 200, {})
        if h.headers.get("Authorization") != "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode():
            return self.send(h, 401, {"errors": [{"message": "user is not logged in"}]})
        with self.lock:
            if kind == "graphql":
                request = json.loads(body)
                return self.send(h, 200, {"data": self.graphql(request["query"], request.get("variables") or {})})
            match = re.fullmatch(r"/files/([^/]+)/([^/]+)/([^/]+)/file_stream", path)
            if not match:
                return self.send(h, 404, {})
            return self.send(h, 200, self.file_stream(self.runs[match.groups()], json.loads(body or b"{}")))

    def graphql(self, query, variables):
        entity = variables.get("entity") or "team"
        if "upsertBucket" in query:
            run = self.runs.setdefault((entity, variables["project"], variables["name"]), FakeRun(variables["name"], entity, variables["project"]))
            run.fields |= {k: v for k, v in variables.items() if v is not None}
            if variables.get("config"):
                run.config = json.loads(variables["config"])
            history = len(run.files.get("wandb-history.jsonl", []))
            bucket = {"id": "id-" + run.name, "name": run.name, "displayName": variables.get("displayName"), "description": "", "config": json.dumps(run.config),
                      "sweepName": None, "project": {"id": "p", "name": run.project, "entity": {"id": "e", "name": entity}}, "historyLineCount": history}
            return {"upsertBucket": {"bucket": bucket, "inserted": history == 0}}
        if "createRunFiles" in query:
            base = f"{self.url}/storage/{entity}/{variables['project']}/{variables['run']}/"
            return {"createRunFiles": {"runID": "id", "uploadHeaders": ["X-Test:1"], "files": [{"name": n, "uploadUrl": base + n} for n in variables["files"]]}}
        if "missingOk" in query:
            run = self.runs.get((entity, variables["project"], variables["name"]))
            bucket = run and {"id": "id-" + run.name, "name": run.name, "summaryMetrics": "{}", "displayName": run.name, "config": json.dumps(run.config),
                              "logLineCount": len(run.files.get("output.log", [])), "historyLineCount": len(run.files.get("wandb-history.jsonl", [])),
                              "eventsLineCount": len(run.files.get("wandb-events.jsonl", [])), "eventsTail": "[]",
                              "historyTail": json.dumps(run.files.get("wandb-history.jsonl", [])[-1:]), "tags": [], "notes": None, "wandbConfig": '{"t": {}}'}
            return {"model": {"id": "m", "name": variables["project"], "entity": {"id": "e", "name": entity}, "bucket": bucket}}
        if "viewer" in query.lower():
            return {"viewer": {"id": "v", "entity": "team", "username": "u", "email": "", "flags": "{}", "teams": {"edges": []}}}
        if "features" in query:
            return {"serverInfo": {"features": []}}
        return {}

    def file_stream(self, run, body):
        for name, part in body.get("files", {}).items():
            lines = run.files.setdefault(name, [])
            if part["offset"] > len(lines):
                self.problems.append(f"{name} has a gap: offset {part['offset']} after {len(lines)} lines")
            lines[part["offset"]:part["offset"] + len(part["content"])] = part["content"]
        run.uploaded += body.get("uploaded", [])
        if body.get("complete"):
            run.ends.append({k: v for k, v in body.items() if k in ("exitcode", "preempting")})
        return {"exitcode": None, "limits": {}} | ({"stopped": True} if self.stop_runs else {})
