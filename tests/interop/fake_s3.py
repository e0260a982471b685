# SPDX-License-Identifier: GPL-3.0-or-later
# moto's S3 in this process, behind a door that checks every signature with botocore's own signer and fails as a test asks.
import hashlib
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

ACCESS, SECRET = "AKIATESTTESTTEST", "secret/with+signs"
# moto wants someone's name and believes it.
SOMEONE = {"Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"}


class FakeS3:
    """`trouble(method, path, count)` may return a status, ("code", status, S3 code), "cut" or "stall" for the count-th request of a method."""

    def __init__(self, region="us-east-1"):
        self.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.moto.start()
        self.behind = "http://%s:%s" % self.moto.get_host_and_port()
        self.region, self.session, self.signed = region, None, True
        self.log, self.counts, self.problems = [], {}, []
        self.trouble = lambda method, path, count: None
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def any(self):
                fake.answer(self, self.command, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = any

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
        self.moto.stop()

    def environment(self, home):
        return {"HOME": str(home), "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_EC2_METADATA_DISABLED": "true"}

    # ---- straight to moto
    def create(self, bucket):
        assert requests.put(f"{self.behind}/{bucket}", headers=SOMEONE).ok

    def store(self, bucket, key, data):
        answer = requests.put(f"{self.behind}/{bucket}/{urllib.parse.quote(key)}", data=data, headers=SOMEONE)
        assert answer.ok, (answer.status_code, answer.text)

    def load(self, bucket, key):
        answer = requests.get(f"{self.behind}/{bucket}/{urllib.parse.quote(key)}", headers=SOMEONE)
        return answer.content if answer.ok else None

    def remove(self, bucket, key):
        assert requests.delete(f"{self.behind}/{bucket}/{urllib.parse.quote(key)}", headers=SOMEONE).ok

    def keys(self, bucket):
        return [urllib.parse.unquote(k) for k in re.findall("<Key>(.*?)</Key>", requests.get(f"{self.behind}/{bucket}?list-type=2&encoding-type=url", headers=SOMEONE).text)]

    def uploads(self, bucket):
        return requests.get(f"{self.behind}/{bucket}?uploads", headers=SOMEONE).text.count("<UploadId>")

    # ---- the door
    def check(self, h, method, body):
        given = h.headers.get("Authorization", "")
        names = re.search("SignedHeaders=([^,]+)", given)
        if not names:
            return "not signed"
        if h.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return "the payload's hash is wrong"
        if self.session and h.headers.get("x-amz-security-token") != self.session:
            return "no session token"
        url = urllib.parse.urlsplit(self.url.replace("127.0.0.1", "x") + h.path)
        request = AWSRequest(method=method, url="http://" + h.headers["Host"] + h.path, data=body)
        for name in names.group(1).split(";"):
            if name != "host":
                request.headers[name] = h.headers[name]
        request.context["timestamp"] = h.headers["x-amz-date"]
        request.context["payload_signing_enabled"] = True
        del url
        signer = S3SigV4Auth(Credentials(ACCESS, SECRET, self.session), "s3", self.region)
        canonical = signer.canonical_request(request)
        expected = signer.signature(signer.string_to_sign(request, canonical), request)
        return None if given.endswith("Signature=" + expected) else f"signature of {method} {h.path} differs:\n{canonical}"

    def refuse(self, h, method, status, code, headers=()):
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>as the test asked</Message></Error>'.encode()
        self.send(h, method, status, [("Content-Length", str(len(body)))] + list(headers), body)

    def send(self, h, method, status, headers, body):
        h.send_response(status)
        for name, value in headers:
            h.send_header(name, value)
        h.end_headers()
        if method != "HEAD":
            h.wfile.write(body)

    def answer(self, h, method, body):
        count = self.counts[method] = self.counts.get(method, 0) + 1
        self.log.append((method, h.path, h.headers.get("Range")))
        problem = self.check(h, method, body) if self.signed else None
        if problem:
            self.problems.append(problem)
            return self.refuse(h, method, 403, "SignatureDoesNotMatch")
        trouble = self.trouble(method, h.path, count)
        if isinstance(trouble, int):
            return self.refuse(h, method, trouble, "SlowDown" if trouble == 503 else "Trouble")
        if isinstance(trouble, tuple):
            return self.refuse(h, method, trouble[1], trouble[2], trouble[3:])
        forward = {k: v for k, v in h.headers.items() if k.lower() not in ("host", "authorization", "connection", "accept-encoding", "content-length")}
        answer = requests.request(method, self.behind + h.path, headers=forward | SOMEONE | {"Accept-Encoding": "identity"}, data=body)
        headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server")]
        length = answer.headers.get("Content-Length", "0") if method == "HEAD" else str(len(answer.content))
        if trouble == "cut":
            self.send(h, method, answer.status_code, headers + [("Content-Length", length)], answer.content[:len(answer.content) // 2])
            h.wfile.flush()
            time.sleep(0.05)
            h.close_connection = True
            return h.connection.close()
        return self.send(h, method, answer.status_code, headers + [("Content-Length", length)], answer.content)
