# SPDX-License-Identifier: GPL-3.0-or-later
# A run folder written as core/run/FORMAT.md says, without an engine, and `track` beside it as `train` starts it. Used by the tests
# of TensorBoard and W&B.
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import zlib

BIN = pathlib.Path(os.environ["ATELIER_BIN"])
ENGINE, NET = str(BIN / "atelier-engine"), str(BIN / "atelier-engine-net")
START = 1_760_000_000


def png(width, height, shade=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade, 10, 200]) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


class TrackedRun:
    def __init__(self, settings, name="fox-lora", folder=None):
        self.home = pathlib.Path(folder or tempfile.mkdtemp(prefix="atelier-tracked-"))
        self.folder = self.home / name
        for part in ("logs", "control", "samples"):
            (self.folder / part).mkdir(parents=True)
        self.config = f"""experiment: {{name: {name}, log_dir: {self.home}, project: foxes, num_examples_to_see: 64000}}
model: {{pretrained: /m}}
dataset: {{params: {{path: '/d/{{0..3}}.tar'}}}}
system: {{batch_size: 8}}
sampling: {{prompts: [a fox, "a fox, sitting"]}}
{settings}
"""
        (self.folder / "config.yaml").write_text(self.config)
        self.time = START
        self.process = None

    # ---- the engine's part
    def event(self, type, **fields):
        self.time += 0.5
        line = json.dumps({"v": 1, "t": self.time, "type": type} | fields) + "\n"
        with open(self.folder / "events.jsonl", "a") as log:
            log.write(line)

    def start(self, resumed=None):
        self.event("run_started", engine="atelier-engine 0.1.0", config_hash="0" * 16, host="h", pid=1, device="cpu", world_size=1,
                   resumed_from=None if resumed is None else f"checkpoints/step-{resumed:08}", resumed_step=resumed or 0)
        self.event("phase", name="train")

    def metrics(self, first, last, shift=0.0):
        for step in range(first, last + 1):
            self.event("progress", step=step, total_steps=100, images=8 * step, total_images=800, images_per_s=16.0, eta_s=10.0)
            self.event("metric", step=step, images=8 * step, values={"loss": 1.0 / step + shift, "lr": 1e-4, "grad_norm": "inf" if step == 3 else 0.5})

    def sample(self, step, shade=0, size=(16, 8)):
        place = self.folder / "samples" / f"step-{step:08}"
        place.mkdir()
        samples = [{"file": f"{i:04}.png", "prompt": prompt} for i, prompt in enumerate(("a fox", "a fox, sitting"))]
        for i, entry in enumerate(samples):
            (place / entry["file"]).write_bytes(png(*size, shade + i))
        (place / "samples.json").write_text(json.dumps({"step": step, "samples": samples}))
        self.event("sample", step=step, dir=f"samples/step-{step:08}", count=2)

    def finish(self, reason="completed", step=10):
        self.event("run_finished", reason=reason, step=step, images=8 * step)

    # ---- the tracking process
    def track(self, *arguments, environment=None, expect=0, timeout=60):
        done = subprocess.run([ENGINE, "track", str(self.folder), *arguments], capture_output=True, text=True, timeout=timeout,
                              env=os.environ | (environment or {}))
        assert expect is None or done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return done

    def attend(self, environment=None, key=""):
        self.process = subprocess.Popen([NET, "track", str(self.folder), "--attend", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=os.environ | (environment or {}))
        self.process.stdin.write(json.dumps({"config": self.config, "wandb_key": key}) + "\n")
        self.process.stdin.flush()
        return self.process

    def leave(self, timeout=60):
        """The engine ends; what the tracking process had to say."""
        out, err = self.process.communicate(timeout=timeout)
        assert self.process.returncode in (0, 1), (self.process.returncode, err)
        return [json.loads(line) for line in out.splitlines()]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("what was waited for did not happen")
