# SPDX-License-Identifier: GPL-3.0-or-later
# The S3 client against moto, every signature checked by botocore: objects, parts, lists, broken transfers, keys from all places.
import http.server
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import unittest

from fake_s3 import ACCESS, SECRET, FakeS3
from tracked_run import TrackedRun, wait_for

ENGINE = os.path.join(os.environ["ATELIER_BIN"], "atelier-engine")
TOOL = os.path.join(os.environ["ATELIER_BIN"], "s3_tool")
STRANGE = "a b/(c)=d+e:f&'é~$.tar"


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = FakeS3()
        cls.s3.create("bucket")

    @classmethod
    def tearDownClass(cls):
        cls.s3.close()

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="atelier-s3-"))
        self.s3.trouble = lambda method, path, count: None
        self.s3.counts.clear()
        self.s3.log.clear()
        self.environment = self.s3.environment(self.home)

    def tearDown(self):
        self.assertEqual(self.s3.problems, [])

    def call(self, *words, expect=0, environment=None):
        keep = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=60, env=keep | self.environment | (environment or {}))
        self.assertEqual(done.returncode, expect, done.stderr)
        self.assertNotIn(SECRET, done.stderr + done.stdout)
        return json.loads(done.stdout) if expect == 0 else done.stderr

    def test_objects(self):
        self.call("put", "s3://bucket/one/" + STRANGE, "héllo")
        self.assertEqual(self.s3.load("bucket", "one/" + STRANGE), "héllo".encode())
        self.assertEqual(self.call("read", "s3://bucket/one/" + STRANGE), "héllo")
        self.assertEqual(self.call("head", "s3://bucket/one/" + STRANGE)["size"], 6)
        self.call("copy", "s3://bucket/one/" + STRANGE, "s3://bucket/one/copy")
        self.assertEqual(sorted(k for k, _ in self.call("list", "s3://bucket/one/")), sorted(["one/" + STRANGE, "one/copy"]))
        self.call("remove", "s3://bucket/one/copy")
        self.call("remove", "s3://bucket/one/copy")
        self.assertIsNone(self.call("head", "s3://bucket/one/copy"))
        empty = self.home / "empty"
        empty.write_bytes(b"")
        self.call("put-file", "s3://bucket/one/empty", empty)
        self.call("fetch", "s3://bucket/one/empty", self.home / "back")
        self.assertEqual((self.home / "back").read_bytes(), b"")

    def test_long_lists(self):
        for i in range(1003):
            self.s3.store("bucket", f"many/{i:04}", b"x")
        self.assertEqual([k for k, _ in self.call("list", "s3://bucket/many/")], [f"many/{i:04}" for i in range(1003)])

    def test_parts(self):
        data = random.Random(1).randbytes((32 << 20) + 77)
        (self.home / "big").write_bytes(data)
        self.s3.trouble = lambda method, path, count: 503 if method == "PUT" and count == 2 else None
        self.call("put-file", "s3://bucket/big", self.home / "big")
        self.assertEqual(self.s3.load("bucket", "big"), data)
        self.assertEqual(self.s3.counts["PUT"], 4)
        self.assertFalse(self.call("head", "s3://bucket/big")["md5"])
        self.call("fetch", "s3://bucket/big", self.home / "back")
        self.assertEqual((self.home / "back").read_bytes(), data)
        # One that fails leaves no parts behind and the object as it was.
        self.s3.trouble = lambda method, path, count: ("code", 403, "AccessDenied") if "partNumber=3" in path else None
        (self.home / "big").write_bytes(data[::-1])
        said = self.call("put-file", "s3://bucket/big", self.home / "big", expect=1)
        for word in ("s3://bucket/big", "403", "AccessDenied", "may not"):
            self.assertIn(word, said)
        self.assertEqual(self.s3.uploads("bucket"), 0)
        self.assertEqual(self.s3.load("bucket", "big"), data)

    def test_broken_transfers(self):
        data = random.Random(2).randbytes(3_000_000)
        self.s3.store("bucket", "shard.tar", data)
        answers = {1: "cut", 2: 500, 3: "cut"}
        self.s3.trouble = lambda method, path, count: answers.get(count) if method == "GET" else None
        self.call("fetch", "s3://bucket/shard.tar", self.home / "shard.tar")
        self.assertEqual((self.home / "shard.tar").read_bytes(), data)
        ranges = [r for m, _, r in self.s3.log if m == "GET"]
        self.assertEqual((ranges[0], ranges[1], ranges[2]), (None, "bytes=1500000-", "bytes=1500000-"))
        # Given up half-way: nothing under the name; the next try goes on from what came.
        self.s3.counts.clear()
        self.s3.log.clear()
        self.s3.trouble = lambda method, path, count: ("cut" if count == 1 else ("code", 403, "AccessDenied")) if method == "GET" else None
        said = self.call("fetch", "s3://bucket/shard.tar", self.home / "again.tar", expect=1)
        self.assertIn("AccessDenied", said)
        self.assertFalse((self.home / "again.tar").exists())
        self.s3.trouble = lambda method, path, count: None
        self.s3.log.clear()
        self.call("fetch", "s3://bucket/shard.tar", self.home / "again.tar")
        self.assertEqual([r for m, _, r in self.s3.log if m == "GET"], ["bytes=1500000-"])
        self.assertEqual((self.home / "again.tar").read_bytes(), data)
        self.assertEqual(sorted(p.name for p in self.home.iterdir()), ["again.tar", "shard.tar"])

    def test_damage_is_noticed(self):
        self.s3.store("bucket", "x", b"0123456789" * 1000)
        self.s3.trouble = lambda method, path, count: "cut" if method == "GET" and count == 1 else None
        self.call("fetch", "s3://bucket/x", self.home / "x", expect=0)
        part_less = sorted(p.name for p in self.home.iterdir())
        self.assertEqual(part_less, ["x"])
        # What lies in the part file is not what the server has.
        self.s3.counts.clear()
        self.s3.trouble = lambda method, path, count: ("cut" if count == 1 else ("code", 403, "AccessDenied")) if method == "GET" else None
        self.call("fetch", "s3://bucket/x", self.home / "y", expect=1)
        part, = self.home.glob(".y.*.part")
        part.write_bytes(b"z" * part.stat().st_size)
        self.s3.trouble = lambda method, path, count: None
        self.assertIn("MD5", self.call("fetch", "s3://bucket/x", self.home / "y", expect=1))
        self.assertFalse((self.home / "y").exists())
        self.call("fetch", "s3://bucket/x", self.home / "y")

    def test_errors_say_what_to_do(self):
        for url, trouble, words in (
                ("s3://nowhere/key", None, ("s3://nowhere/key", "404", "NoSuchBucket", "bucket")),
                ("s3://bucket/absent", None, ("s3://bucket/absent", "404", "NoSuchKey", "path")),
                ("s3://bucket/a", ("code", 403, "RequestTimeTooSkewed"), ("clock",)),
                ("s3://bucket/a", ("code", 403, "InvalidAccessKeyId"), ("AWS_ACCESS_KEY_ID",)),
                ("s3://bucket/a", ("code", 403, "ExpiredToken"), ("expired",)),
                ("s3://b", None, ("names no bucket",))):
            self.s3.trouble = lambda method, path, count: trouble
            said = self.call("read", url, expect=2 if url == "s3://b" else 1)
            for word in words:
                self.assertIn(word, said)
        self.s3.trouble = lambda method, path, count: 503
        self.s3.counts.clear()
        said = self.call("read", "s3://bucket/a", expect=1, environment={"AWS_MAX_ATTEMPTS": "3"})
        self.assertIn("SlowDown", said)
        self.assertEqual(self.s3.counts, {"GET": 3})
        said = self.call("read", "s3://bucket/a", expect=1, environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "2"})
        self.assertIn("AWS_ENDPOINT_URL", said)

    def test_region_of_the_bucket(self):
        self.s3.store("bucket", "far", b"away")
        self.s3.trouble = lambda method, path, count: ("code", 301, "PermanentRedirect", ("x-amz-bucket-region", "us-east-1")) if count == 1 else None
        self.s3.signed = False  # the first request is for another region
        self.assertEqual(self.call("read", "s3://bucket/far", environment={"AWS_REGION": "eu-north-1"}), "away")
        self.s3.signed = True

    def test_where_keys_come_from(self):
        self.s3.store("bucket", "k", b"v")
        bare = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        aws = self.home / ".aws"
        aws.mkdir()
        (aws / "credentials").write_text(f"[default]\naws_access_key_id = NO\naws_secret_access_key = NO\n[lab]\naws_access_key_id = {ACCESS}\n"
                                         f"aws_secret_access_key = {SECRET}\naws_session_token = session\n")
        (aws / "config").write_text(f"[profile lab]\nregion = us-east-1\nendpoint_url = {self.s3.url}\n[profile sso]\nsso_session = x\n")
        self.s3.session = "session"
        self.assertEqual(self.call("read", "s3://bucket/k", environment=bare | {"AWS_PROFILE": "lab", "AWS_ENDPOINT_URL": ""}), "v")
        self.assertEqual(self.call("read", "s3://bucket/k", environment={"AWS_SESSION_TOKEN": "session"}), "v")
        self.s3.session = None
        self.assertIn("aws configure", self.call("read", "s3://bucket/k", expect=2, environment=bare | {"AWS_PROFILE": "sso"}))
        self.assertIn("no such profile", self.call("read", "s3://bucket/k", expect=2, environment=bare | {"AWS_PROFILE": "x"}))

    def test_keys_of_containers_and_machines(self):
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def any(self):
                seen.append((self.command, self.path, self.headers.get("Authorization"), self.headers.get("X-aws-ec2-metadata-token")))
                role = "/latest/meta-data/iam/security-credentials/"
                keys = json.dumps({"AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "Token": "session"})
                body = {"/latest/api/token": "tok", role: "role\n", role + "role": keys, "/creds": keys}[self.path].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = any

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        self.s3.store("bucket", "k", b"v")
        self.s3.session = "session"
        bare = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": base}
        self.assertEqual(self.call("read", "s3://bucket/k", environment=bare), "v")
        self.assertEqual(seen[-1][3], "tok")
        container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer t"}
        self.assertEqual(self.call("read", "s3://bucket/k", environment=bare | container), "v")
        self.assertEqual(seen[-1][1:3], ("/creds", "Bearer t"))
        self.s3.session = None
        server.shutdown()

    # ---- atelier-engine fetch
    def fetch(self, *words, expect=0, **options):
        keep = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        done = subprocess.run([ENGINE, "fetch", *map(str, words)], capture_output=True, text=True, timeout=60, env=keep | self.environment, **options)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def test_fetch(self):
        data = {f"{i}.tar": random.Random(i).randbytes(100_000) for i in range(6)}
        for name, content in data.items():
            self.s3.store("bucket", "v1/" + name, content)
        self.fetch(*(f"s3://bucket/v1/{name}" for name in data), "-o", self.home / "out")
        self.assertEqual({p.name: p.read_bytes() for p in (self.home / "out").iterdir()}, data)
        self.s3.store("bucket", "v1/deep/er.json", b"{}")
        self.fetch("s3://bucket/v1/", "-o", self.home / "all")
        self.assertEqual((self.home / "all" / "deep" / "er.json").read_bytes(), b"{}")
        self.assertEqual(len(list((self.home / "all").iterdir())), 7)
        self.assertIn("nothing below", self.fetch("s3://bucket/v9/", expect=1))
        self.assertIn("404", self.fetch("s3://bucket/v1/absent.tar", expect=1))
        self.assertIn("no address", self.fetch("v1/absent.tar", expect=2))
        web = Web(data)
        web.cut = 2  # the first two answers break off
        self.fetch(web.url + "/moved/0.tar", "-o", self.home / "web")
        self.assertEqual((self.home / "web" / "0.tar").read_bytes(), data["0.tar"])
        self.assertEqual(web.ranges, [None, None, "bytes=50000-", "bytes=75000-"])
        self.assertIn("HTTP 404", self.fetch(web.url + "/none.tar", "-o", self.home / "web", expect=1))
        self.assertEqual([p.name for p in (self.home / "web").iterdir()], ["0.tar"])
        web.server.shutdown()

    # ---- the copy of a run
    def test_copy_of_a_run(self):
        run = TrackedRun("tracking: {upload_every: 1, upload_to: 's3://bucket/runs'}")

        def checkpoint(step):
            place = run.folder / "checkpoints" / f"step-{step:08}"
            (place / "pipeline" / "unet").mkdir(parents=True)
            (place / "pipeline" / "unet" / "weights").write_bytes(bytes([step]) * 1000)
            (place / "DONE").write_text("")
            run.event("checkpoint", step=step, dir=f"checkpoints/step-{step:08}", bytes=1000, seconds=1)

        there = lambda: {key.removeprefix("runs/fox-lora/") for key in self.s3.keys("bucket") if key.startswith("runs/")}
        self.s3.trouble = lambda method, path, count: ("code", 403, "AccessDenied") if count == 1 and method == "PUT" else None
        run.attend(self.environment)
        run.start()
        warning = json.loads(wait_for(lambda: run.process.stdout.readline()))
        self.assertEqual(warning["code"], "upload_waits")
        self.assertIn("s3://bucket/runs/fox-lora/config.yaml", warning["text"])
        run.metrics(1, 3)
        run.sample(3)
        checkpoint(3)
        checkpoint(6)
        shutil.rmtree(run.folder / "checkpoints" / "step-00000003")  # retired
        self.s3.log.clear()
        run.finish(step=6)
        self.assertEqual(run.leave(), [])
        parts = {"config.yaml", "events.jsonl", "logs/tracking.log", "samples/step-00000003/0000.png", "samples/step-00000003/0001.png",
                 "samples/step-00000003/samples.json", "checkpoints/step-00000006/DONE", "checkpoints/step-00000006/pipeline/unet/weights"}
        self.assertEqual(there(), parts)
        put = [path for method, path, _ in self.s3.log if method == "PUT" and "step-00000006" in path]
        self.assertTrue(put[-1].endswith("/DONE"))
        # The next start adds what is new and takes away what the run no longer keeps.
        run.start(resumed=6)
        checkpoint(9)
        shutil.rmtree(run.folder / "checkpoints" / "step-00000006")
        run.finish(step=9)
        self.s3.log.clear()
        run.track(environment=self.environment)
        self.assertEqual({key for key in there() if key.startswith("checkpoints")},
                         {"checkpoints/step-00000009/DONE", "checkpoints/step-00000009/pipeline/unet/weights"})
        deleted = [path for method, path, _ in self.s3.log if method == "DELETE"]
        self.assertTrue(deleted[0].endswith("/DONE"))
        self.fetch("s3://bucket/runs/fox-lora/", "-o", self.home / "back")
        for path in there():
            if not path.startswith("logs"):
                self.assertEqual((self.home / "back" / path).read_bytes(), (run.folder / path).read_bytes())

    def test_fetch_list(self):
        lines = [{"url": "pipe:printf abc", "target": str(self.home / "a")}, {"url": "pipe:printf x; exit 141", "target": str(self.home / "b")},
                 {"url": "pipe:printf half; exit 3", "target": str(self.home / "c")}]
        said = self.fetch("--list", expect=3, input="".join(json.dumps(line) + "\n" for line in lines))
        self.assertIn("code 3", said)
        self.assertEqual(sorted((p.name, p.read_text()) for p in self.home.iterdir()), [("a", "abc"), ("b", "x")])


class Web:
    """An http server with ETags and ranges; the first `cut` answers break off half-way; /moved/ leads elsewhere."""

    def __init__(self, files):
        web, self.cut, self.ranges = self, 0, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                web.ranges.append(self.headers.get("Range"))
                name = self.path.rsplit("/", 1)[1]
                if self.path.startswith("/moved/"):
                    return self.reply(302, b"", {"Location": "/" + name})
                if name not in files:
                    return self.reply(404, b"")
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                body, self.close_connection = files[name][start:], web.cut > 0
                web.cut -= 1
                return self.reply(206 if start else 200, body, {"ETag": '"v1"'}, self.close_connection)

            def reply(self, status, body, headers=None, cut=False):
                self.send_response(status)
                for key, value in ((headers or {}) | {"Content-Length": str(len(body))}).items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body[:len(body) // 2] if cut else body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    unittest.main()
