# SPDX-License-Identifier: GPL-3.0-or-later
# `atelier-engine download` against a server that behaves like a hub, and the cache shared with the real huggingface_hub.
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from fake_hub import FakeHub, Repository

ENGINE = os.path.join(os.environ["ATELIER_BIN"], "atelier-engine")
BIG = "unet/diffusion_pytorch_model.safetensors"


def bytes_of(seed, size):
    return random.Random(seed).randbytes(size)


def pipeline_files():
    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "unet": ["diffusers", "UNet2DConditionModel"],
             "vae": ["diffusers", "AutoencoderKL"], "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
             "scheduler": ["diffusers", "PNDMScheduler"], "safety_checker": [None, None], "feature_extractor": [None, None]}
    files = {"model_index.json": json.dumps(index).encode(), "README.md": b"# tiny\n", ".gitattributes": b"*.safetensors lfs\n", "v1.ckpt": bytes_of(1, 20_000),
             "v1.safetensors": bytes_of(2, 20_000), "scheduler/scheduler_config.json": b"{}", "tokenizer/vocab.json": b'{"a": 0}', "tokenizer/merges.txt": b"",
             "tokenizer/special_tokens_map.json": b'{"pad": 1}', "tokenizer/tokenizer_config.json": b'{"max": 77}'}
    for part, name in (("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")):
        files[f"{part}/config.json"] = json.dumps({"part": part}).encode()
        files[f"{part}/{name}.safetensors"] = bytes_of(part, 300_000)
        files[f"{part}/{name}.fp16.safetensors"] = bytes_of(part + "16", 150_000)
        files[f"{part}/{name.replace('model', 'pytorch_model') if part == 'text_encoder' else name}.bin"] = bytes_of(part + "bin", 300_000)
    return files


class HubTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = FakeHub()
        cls.files = pipeline_files()
        cls.hub.repositories = {"org/tiny": Repository(cls.files), "org/gated": Repository(cls.files, gated=True), "org/private": Repository(cls.files, private=True)}
        cls.tiny = cls.hub.repositories["org/tiny"]
        cls.tiny.revisions["refs/pr/1"] = cls.tiny.commit
        cls.tiny.revisions["v1.0"] = cls.tiny.commit
        cls.tiny.revisions["dev/next"] = cls.tiny.commit

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.hub.reset()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-hub-"))
        self.cache = self.folder / "home" / "hub"
        self.model = self.cache / "models--org--tiny"
        self.snapshot = self.model / "snapshots" / self.tiny.commit

    def tearDown(self):
        shutil.rmtree(self.folder)

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "TRANSFORMERS_", "DIFFUSERS_"))}
        return clean | {"HF_HOME": str(self.folder / "home"), "HF_ENDPOINT": self.hub.endpoint} | more

    def engine(self, *arguments, verb="download", **environment):
        limit = environment.pop("limit", None)
        return subprocess.run([ENGINE, verb, *map(str, arguments)], capture_output=True, text=True, env=self.environment(**environment), timeout=60,
                              preexec_fn=limit)

    def download(self, *arguments, **environment):
        return self.engine(*arguments, "--retry-wait", "0.01", **environment)

    def good(self, *arguments, **environment):
        run = self.download(*arguments, **environment)
        self.assertEqual(run.returncode, 0, run.stderr)
        return pathlib.Path(run.stdout.strip().splitlines()[-1])

    def refused(self, expected, *arguments, code=None, **environment):
        run = self.download(*arguments, **environment)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(expected, run.stderr)
        if code is not None:
            self.assertEqual(run.returncode, code, run.stderr)
        return run

    def listing(self, folder):
        return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())

    # ---- the ordinary way
    def test_cache_layout(self):
        folder = self.good("org/tiny")
        self.assertEqual(folder, self.snapshot)
        names = self.listing(folder)
        self.assertIn(BIG, names)
        for unwanted in ("v1.ckpt", ".gitattributes", "unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.fp16.safetensors"):
            self.assertNotIn(unwanted, names)
        for name in names:
            self.assertEqual((folder / name).read_bytes(), self.files[name])
            target = os.readlink(folder / name)
            self.assertEqual(target, "../" * (name.count("/") + 2) + "blobs/" + self.tiny.etag(name))
        self.assertEqual((self.model / "refs/main").read_text(), self.tiny.commit)
        self.assertEqual(list(self.model.glob("blobs/*.incomplete")), [])
        self.assertTrue((self.cache / ".locks/models--org--tiny" / (self.tiny.etag(BIG) + ".lock")).exists())
        # Again: nothing but questions.
        self.hub.reset()
        self.good("org/tiny")
        self.assertEqual([r for r in self.hub.log if r["method"] == "GET" and "/api/" not in r["path"]], [])

    def test_folder_of_its_own(self):
        out = self.folder / "models" / "tiny"
        self.assertEqual(self.good("org/tiny", "-o", out), out)
        self.assertEqual(self.listing(out), self.listing(self.snapshot))
        self.assertFalse(any(p.is_symlink() for p in out.rglob("*")))
        self.refused("it is there already", "org/tiny", "-o", out, code=2)
        out.joinpath("model_index.json").write_bytes(b"changed")
        self.assertEqual((self.snapshot / "model_index.json").read_bytes(), self.files["model_index.json"])

    def test_variant_patterns_revision(self):
        names = self.listing(self.good("org/tiny", "--variant", "fp16"))
        self.assertIn("unet/diffusion_pytorch_model.fp16.safetensors", names)
        self.assertNotIn(BIG, names)
        self.refused("It has: fp16.", "org/tiny", "--variant", "fp8", code=2)
        self.assertIn("v1.ckpt", self.listing(self.good("org/tiny", "--include", "v1.*", "--exclude", "*.safetensors")))
        self.good("org/tiny", "--revision", "refs/pr/1")
        self.assertEqual((self.model / "refs/refs/pr/1").read_text(), self.tiny.commit)
        for name in ("v1.0", "dev/next"):  # a tag; a branch, whose slash is escaped in addresses
            self.good("org/tiny@" + name)
            self.assertEqual((self.model / "refs" / name).read_text(), self.tiny.commit)
        self.good("org/tiny@" + self.tiny.commit)
        self.refused('no revision "v9"', "org/tiny", "--revision", "v9", code=2)

    def test_json_lines(self):
        run = self.download("org/tiny", "--json")
        last = json.loads(run.stdout.splitlines()[-1])
        self.assertEqual((last["folder"], last["commit"], last["unchecked"]), (str(self.snapshot), self.tiny.commit, 0))
        self.assertEqual(last["bytes"], last["fetched"])

    # ---- trouble
    def ranges_of(self, name):
        return [r["range"] for r in self.hub.log if r["method"] == "GET" and name in r["path"] and r["path"].startswith("/cdn/")]

    def test_cut_connections_resume(self):
        self.hub.trouble = lambda path, method, count: "cut" if path.startswith("/cdn/unet") and count <= 3 else None
        run = self.download("org/tiny")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.ranges_of("unet"), [None, "bytes=150000-", "bytes=225000-", "bytes=262500-"])
        self.assertEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])

    def test_silence_counts_as_failure(self):
        self.hub.trouble = lambda path, method, count: "stall" if path.startswith("/cdn/unet") and count == 1 else None
        self.good("org/tiny", HF_HUB_DOWNLOAD_TIMEOUT="1")
        self.assertEqual(self.ranges_of("unet"), [None, "bytes=150000-"])

    def test_server_without_ranges(self):
        self.hub.ignore_range = True
        self.hub.trouble = lambda path, method, count: "cut" if path.startswith("/cdn/unet") and count == 1 else None
        self.good("org/tiny")
        self.assertEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])

    def test_server_errors_that_pass(self):
        self.hub.trouble = lambda path, method, count: {1: 503, 2: 429}.get(count)
        self.good("org/tiny")
        self.hub.reset()
        shutil.rmtree(self.cache)
        self.hub.trouble = lambda path, method, count: 500 if path.startswith("/cdn/unet") else None
        run = self.refused("the server answered 500, also after 2 retries", "org/tiny", "--retries", "2", code=1)
        self.assertFalse((self.model / "refs/main").exists())

    def test_waits_as_long_as_it_is_asked_to(self):
        for form, least in (("seconds", 1), ("date", 1)):
            self.hub.reset()
            shutil.rmtree(self.cache, ignore_errors=True)
            self.hub.retry_after = "1" if form == "seconds" else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 5))
            self.hub.trouble = lambda path, method, count: 429 if path.endswith("/revision/main") and count == 1 else None
            run = self.download("org/tiny")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("the server answered 429; trying again in", run.stderr)
            first, second = [r["time"] for r in self.hub.log if r["path"].endswith("/revision/main")]
            self.assertGreater(second - first, least)

    def test_connections_that_never_come_about(self):
        self.hub.trouble = lambda path, method, count: {1: "cut"}.get(count, "refuse") if path.startswith("/cdn/unet") else None
        self.refused("also after 2 retries", "org/tiny", "--retries", "2", code=1)
        self.assertEqual(list(dict.fromkeys(self.ranges_of("unet"))), [None, "bytes=150000-"])
        self.assertFalse((self.model / "refs/main").exists())
        self.hub.reset()
        self.good("org/tiny")
        self.assertEqual(self.ranges_of("unet"), ["bytes=150000-"])

    def test_answers_of_every_kind_are_told(self):
        for status, code, expected in ((401, 2, "or it is private"), (403, 2, "or it is private"), (404, 2, "there is no such model"), (410, 1, "the server answered 410"),
                                       (500, 1, "the server answered 500, also after 1 retry"), (501, 1, "the server answered 501")):
            self.hub.trouble = lambda path, method, count: status if "/api/" in path else None
            self.refused(expected, "org/tiny", "--retries", "1", code=code)
            self.hub.trouble = lambda path, method, count: status if path.endswith("vae/config.json") else None
            self.refused("vae/config.json", "org/tiny", "--retries", "1", code=code)
            self.assertFalse((self.model / "refs/main").exists())

    def test_wrong_lengths(self):
        for trouble, expected in (("short", "it has 299993 bytes instead of 300000"), ("long", "more than the 300000 bytes")):
            self.hub.trouble = lambda path, method, count: trouble if path.startswith("/cdn/unet") else None
            self.refused(expected, "org/tiny", code=1)
            self.assertFalse((self.snapshot / BIG).exists())
            self.hub.reset()
            self.good("org/tiny")
            self.assertEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])
            shutil.rmtree(self.cache)

    def test_expired_addresses_are_asked_anew(self):
        self.hub.trouble = lambda path, method, count: 403 if path.startswith("/cdn/") and count == 1 else None
        self.good("org/tiny")

    def test_wrong_contents(self):
        self.hub.trouble = lambda path, method, count: "corrupt" if path.startswith("/cdn/unet") else None
        self.refused("its hash is", "org/tiny", code=1)
        self.assertFalse((self.snapshot / BIG).exists())
        self.assertEqual(list(self.model.glob("blobs/*.incomplete")), [])
        shutil.rmtree(self.cache)
        self.hub.trouble = lambda path, method, count: "corrupt" if path.endswith("vae/config.json") and method == "GET" else None
        self.refused("vae/config.json", "org/tiny", code=1)  # git's hash for small files

    def test_wrong_leftovers_are_started_over(self):
        blobs = self.model / "blobs"
        blobs.mkdir(parents=True)
        (blobs / (self.tiny.etag(BIG) + ".incomplete")).write_bytes(b"something else")
        run = self.download("org/tiny")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("starting it over", run.stderr)

    def test_verify_finds_rot(self):
        self.good("org/tiny")
        blob = self.model / "blobs" / self.tiny.etag(BIG)
        blob.write_bytes(bytes_of(9, 300_000))
        self.good("org/tiny")
        self.assertNotEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])  # as with huggingface_hub, size is all that is looked at
        run = self.download("org/tiny", "--verify")
        self.assertIn("wrong hash", run.stderr)
        self.assertEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])

    def test_interrupt_keeps_what_came(self):
        self.hub.chunk_delay = 0.15
        process = subprocess.Popen([ENGINE, "download", "org/tiny"], env=self.environment(), stderr=subprocess.PIPE, text=True)
        for _ in range(200):
            if any(p.stat().st_size > 0 for p in self.model.glob("blobs/*.incomplete")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=20)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("goes on from there", error)
        partial = [p.stat().st_size for p in self.model.glob("blobs/*.incomplete")]
        self.assertTrue(partial and partial[0] > 0)
        self.hub.reset()
        self.good("org/tiny")
        self.assertIn(f"bytes={partial[0]}-", [r["range"] for r in self.hub.log])

    def test_full_disk(self):
        run = self.refused("cannot write", "org/tiny", code=1,
                           limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
        self.assertIn(".incomplete", run.stderr)
        self.good("org/tiny")

    def test_two_at_once(self):
        self.hub.chunk_delay = 0.03
        both = [subprocess.Popen([ENGINE, "download", "org/tiny"], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for process in both:
            error = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 0, error)
        self.assertEqual(len(self.ranges_of("unet")), 1)

    def slowly(self):
        process = subprocess.Popen([ENGINE, "download", "org/tiny"], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        partial = lambda: [p for p in self.model.glob("blobs/*.incomplete") if 20_000 < p.stat().st_size < 280_000]
        while not partial() and process.poll() is None:
            time.sleep(0.01)
        return process, partial

    def test_killed_and_resumed(self):
        self.hub.chunk_delay = 0.1
        process, partial = self.slowly()
        process.kill()
        process.communicate()
        size = partial()[0].stat().st_size
        self.assertFalse((self.model / "refs/main").exists())
        self.hub.reset()
        self.good("org/tiny")
        self.assertIn(f"bytes={size}-", [r["range"] for r in self.hub.log])
        self.assertEqual({n: (self.snapshot / n).read_bytes() for n in self.listing(self.snapshot)}, {n: self.files[n] for n in self.listing(self.snapshot)})

    def test_one_that_waits_takes_over_from_one_that_is_killed(self):
        self.hub.chunk_delay = 0.1
        first, partial = self.slowly()
        second = subprocess.Popen([ENGINE, "download", "org/tiny"], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        asked = lambda: len([r for r in self.hub.log if "/revision/" in r["path"]])
        while asked() < 2 and second.poll() is None:
            time.sleep(0.01)
        time.sleep(0.3)
        first.kill()
        first.communicate()
        self.hub.chunk_delay = 0
        error = second.communicate(timeout=60)[1]
        self.assertEqual(second.returncode, 0, error)
        self.assertEqual((self.snapshot / BIG).read_bytes(), self.files[BIG])

    def test_offline_with_a_part_of_a_model(self):
        self.good("org/tiny", "--include", "*.json")
        for verb, arguments in (("inspect", ["org/tiny"]), ("convert", ["org/tiny", self.folder / "out.safetensors"]), ("download", ["org/tiny"])):
            run = self.engine(*arguments, verb=verb, HF_HUB_OFFLINE="1")
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertRegex(run.stderr, r"(?s)unet/\*.safetensors.*HF_HUB_OFFLINE|HF_HUB_OFFLINE.*unet/\*.safetensors")
        self.good("org/tiny")
        self.hub.reset()
        self.assertEqual(self.good("org/tiny", HF_HUB_OFFLINE="1"), self.snapshot)  # whole: nothing is asked
        self.refused("offline mode is on", "org/tiny", "-o", self.folder / "copy", code=2, HF_HUB_OFFLINE="1")
        self.assertEqual(self.hub.log, [])

    def test_endpoint_with_a_path(self):
        self.good("org/private", HF_ENDPOINT=self.hub.endpoint + "/mirror/", HF_TOKEN=self.hub.token)
        self.assertTrue(all(r["mirror"] == (r["host"] == "localhost") for r in self.hub.log))
        self.refused(self.hub.endpoint + "/mirror/org/gated", "org/gated", code=2, HF_ENDPOINT=self.hub.endpoint + "/mirror", HF_TOKEN=self.hub.token)

    # ---- who may see the token
    def test_token_does_not_follow_to_another_host(self):
        for part in ("/api/", "/resolve/", BIG):
            self.hub.reset()
            self.hub.trouble = lambda path, method, count: "elsewhere" if part in path and not path.startswith("/cdn/") and count == 1 else None
            self.download("org/private", HF_TOKEN=self.hub.token)
            for request in self.hub.log:
                self.assertEqual(request["auth"], "Bearer hf_secret" if request["host"] == "localhost" else None, request)
            shutil.rmtree(self.cache, ignore_errors=True)

    def test_token_stays_with_the_hub(self):
        token = {"HF_TOKEN": self.hub.token}
        self.good("org/private", **token)
        for request in self.hub.log:
            self.assertEqual(request["auth"], "Bearer hf_secret" if request["host"] == "localhost" else None, request)
        self.assertTrue(any(r["host"] == "127.0.0.1" for r in self.hub.log))

    def test_token_file_and_never_printed(self):
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / "token").write_text(self.hub.token + "\n")
        run = self.download("org/private", "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn(self.hub.token, run.stdout + run.stderr)
        (home / "token").write_text("hf_wrong_token")
        run = self.refused("does not accept the token", "org/tiny", code=2)
        self.assertNotIn("hf_wrong", run.stdout + run.stderr)
        self.good("org/tiny", HF_HUB_DISABLE_IMPLICIT_TOKEN="1")

    def test_refusals_are_explained(self):
        self.refused("there is no such model", "org/nothing", code=2)
        self.refused("HF_TOKEN", "org/private", code=2)
        self.refused("may not see it", "org/nothing", code=2, HF_TOKEN=self.hub.token)
        self.refused("is gated", "org/gated", code=2)
        run = self.refused("is gated", "org/gated", code=2, HF_TOKEN=self.hub.token)
        self.assertIn(f"Ask for access on {self.hub.endpoint}/org/gated with the token's account", run.stderr)
        self.refused("offline mode is on", "org/tiny", code=2, HF_HUB_OFFLINE="1")
        self.refused("no name of a model", "not a name", code=2)
        self.refused("retr", "org/tiny", "--retries", "1", code=1, HF_ENDPOINT="http://127.0.0.1:9")

    def test_hostile_names(self):
        self.hub.repositories["org/hostile"] = Repository({"../../escape.txt": b"x", "config.json": b"{}"})
        self.refused("must not be written", "org/hostile", code=2)
        self.assertFalse(list(self.folder.rglob("escape.txt")))

    # ---- names where a model folder is taken
    def test_names_instead_of_folders(self):
        run = self.engine("org/tiny", verb="inspect")
        self.assertEqual(run.returncode, 2)
        self.assertIn("atelier-engine download org/tiny", run.stderr)
        config = self.folder / "run.yaml"
        config.write_text("experiment: {name: a, num_examples_to_see: 8}\nmodel: {pretrained: org/tiny}\n")
        self.assertIn("org/tiny is not on this computer: training downloads it first", self.engine(config, verb="check").stdout)
        self.assertIn("offline mode is on", self.engine(config, verb="check", HF_HUB_OFFLINE="1").stdout)
        self.assertEqual(self.hub.log, [])  # none of them asks the network
        run = self.engine("org/tiny", self.folder / "out.safetensors", verb="convert")  # no real weights: but they came
        self.assertIn("downloading it", run.stderr)
        self.assertTrue((self.snapshot / BIG).exists())
        self.assertNotIn("org/tiny is not", self.engine(config, verb="check").stdout)
        self.assertIn("StableDiffusionPipeline", self.engine("org/tiny", verb="inspect", HF_HUB_OFFLINE="1").stdout)

    # ---- the real library
    def python(self, code, **environment):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=self.environment(HF_HUB_DISABLE_XET="1", **environment), timeout=120)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.strip().splitlines()

    def test_python_reads_our_cache(self):
        self.good("org/tiny")
        self.good("org/tiny@dev/next")
        lines = self.python("""
from huggingface_hub import snapshot_download, hf_hub_download, scan_cache_dir
print(snapshot_download("org/tiny", local_files_only=True))
print(hf_hub_download("org/tiny", "unet/config.json", local_files_only=True))
print(snapshot_download("org/tiny", revision="dev/next", local_files_only=True))
info = scan_cache_dir()
print(len(info.warnings), [(r.repo_id, len(r.revisions), sorted(r.refs)) for r in info.repos])
""")
        self.assertEqual(lines[0], str(self.snapshot))
        self.assertEqual(lines[1], str(self.snapshot / "unet/config.json"))
        self.assertEqual(lines[2], str(self.snapshot))
        self.assertEqual(lines[3], "0 [('org/tiny', 1, ['dev/next', 'main'])]")

    def test_we_use_pythons_cache(self):
        self.python('from huggingface_hub import snapshot_download; snapshot_download("org/tiny", ignore_patterns=["*.bin", "*.fp16.*"])')
        self.hub.reset()
        self.assertEqual(self.good("org/tiny"), self.snapshot)
        self.assertEqual([r for r in self.hub.log if r["method"] == "GET" and "/api/" not in r["path"]], [])

    def test_choice_equals_diffusers(self):
        """What DiffusionPipeline.download fetches of the same repository, for both kinds of weights."""
        for variant in (None, "fp16"):
            self.python(f'from diffusers import DiffusionPipeline; DiffusionPipeline.download("org/tiny", variant={variant!r})')
            theirs = self.listing(self.snapshot)
            shutil.rmtree(self.cache)
            ours = self.listing(self.good("org/tiny", *(["--variant", variant] if variant else [])))
            shutil.rmtree(self.cache)
            self.assertEqual([n for n in ours if n != "README.md"], [n for n in theirs if n != "README.md"])


if __name__ == "__main__":
    unittest.main()
