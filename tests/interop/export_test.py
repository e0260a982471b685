# SPDX-License-Identifier: GPL-3.0-or-later
"""The exported batch script in front of what reads it: bash, shellcheck, and programs that stand for SLURM's."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BIN = Path(os.environ["ATELIER_BIN"])
SOURCE = Path(os.environ["ATELIER_SOURCE"])
CONFIG = """\
experiment: {name: "it's $(reboot) a run", log_dir: runs, num_examples_to_see: 24000}
model: {pretrained: /models/sd15}
dataset: {type: WebDataset, params: {path: "/data/{000000..000007}.tar", resolution: 64}}
system: {batch_size: 4}
optimizer: {name: adamw, params: {learning_rate: 1e-4}}
"""
CLUSTERS = {
    "plain": "partition: gpu\n",
    "cpu": "gpus_per_node: 0\nrequeue: false\n",
    "container": "container: ~/my images/a.sif\ncontainer_options: [--bind=/data]\n",
    "hostile": "engine: \"/opt/it's; touch PWNED/$HOME\"\nmodules: [\"$(touch PWNED)\"]\n"
               "environment: {X: \"`touch PWNED` 'q' \\\"d\\\" # no\"}\n"
               "sbatch_options: ['--comment=two words; # and \"quotes\"']\n",
}


def write(path: Path, text: str, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)


class Export(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="export "))
        self.addCleanup(shutil.rmtree, self.dir, True)
        write(self.dir / "config.yaml", CONFIG)

    def export(self, cluster: str) -> Path:
        write(self.dir / "cluster.yaml", cluster)
        out = self.dir / "a run's folder"
        subprocess.run([BIN / "atelier-engine", "export", self.dir / "config.yaml", "--cluster", self.dir / "cluster.yaml",
                        "--out", out], check=True, capture_output=True)
        return out

    def scripts(self):
        for name, cluster in CLUSTERS.items():
            out = self.export(cluster)
            yield name, (out / "job.sbatch").read_text()
            shutil.rmtree(out)
        for path in (SOURCE / "tests/fixtures/cluster").glob("*.sbatch"):
            yield path.name, path.read_text()

    def test_bash_reads_it(self):
        for name, text in self.scripts():
            with self.subTest(name):
                done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_has_nothing_to_say(self):
        for name, text in self.scripts():
            with self.subTest(name):
                # SC2016: `$(id)` in single quotes is meant to stay as it is. SC1091: set-up files are on the cluster.
                done = subprocess.run(["shellcheck", "--exclude=SC2016,SC1091", "-"], input=text, text=True, capture_output=True)
                self.assertEqual(done.stdout, "")

    # ---- with programs that stand for SLURM's

    def slurm(self, engine: str, module: bool = True) -> dict:
        """srun runs the rest of its line; scancel passes the signal to it as SLURM would; calls are written down."""
        tools = self.dir / "tools"
        log = self.dir / "calls"
        log.write_text("")
        write(tools / "srun", f'#!/bin/bash\necho "srun $*" >> "{log}"\nwhile [[ $1 == --* ]]; do shift; done\n'
                              f'echo $$ > "{self.dir}/step.pid"\nexec "$@"\n', True)
        write(tools / "scancel", f'#!/bin/bash\necho "scancel $*" >> "{log}"\nkill -USR1 "$(cat "{self.dir}/step.pid")"\n', True)
        write(tools / "scontrol", f'#!/bin/bash\n[ "$1" = show ] && {{ printf "n1\\nn2\\n"; exit; }}\necho "scontrol $*" >> "{log}"\n',
              True)
        write(tools / "atelier-engine", "#!/bin/bash\n" + f'echo "engine $# $* $MASTER_ADDR $MASTER_PORT" >> "{log}"\n' + engine, True)
        return dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", SLURM_JOB_ID="77", SLURM_JOB_NODELIST="n[1-2]")

    def run_job(self, engine: str, cluster: str = "partition: gpu\n", during=None, **environment):
        out = self.export(cluster)
        env = dict(self.slurm(engine), SLURM_SUBMIT_DIR=str(out), **environment)
        job = subprocess.Popen(["bash", out / "job.sbatch"], env=env, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
        if during:
            deadline = time.time() + 20
            while not (self.dir / "ready").exists() and time.time() < deadline:
                time.sleep(0.02)
            during(job)
        output, _ = job.communicate(timeout=30)
        return job.returncode, (self.dir / "calls").read_text().splitlines(), output

    SUSPENDS = 'trap "exit 4" USR1 TERM\n: > "{0}/ready"\nwhile :; do sleep 0.05; done\n'

    def test_runs_the_folder_it_is_submitted_in(self):
        code, calls, _ = self.run_job("exit 0\n", "cpus_per_gpu: 8\nsrun_options: [--cpu-bind=verbose]\n")
        folder = str(self.dir / "a run's folder")
        self.assertEqual(code, 0)
        self.assertEqual(calls[0], f"srun --kill-on-bad-exit=1 --cpus-per-task=8 --cpu-bind=verbose atelier-engine train {folder}")
        self.assertEqual(calls[1], f"engine 2 train {folder} n1 12077")
        self.assertEqual(len(calls), 2)

    def test_exit_codes_pass_through(self):
        for code in (0, 1, 2, 3, 137):
            with self.subTest(code):
                got, calls, _ = self.run_job(f"exit {code}\n")
                self.assertEqual(got, code)
                self.assertFalse([c for c in calls if c.startswith("scontrol")])
                shutil.rmtree(self.dir / "a run's folder")

    def test_warning_suspends_and_requeues(self):
        def warn(job):
            job.send_signal(signal.SIGUSR1)
        code, calls, _ = self.run_job(self.SUSPENDS.format(self.dir), during=warn)
        self.assertEqual(code, 0)
        self.assertIn("scancel --signal=USR1 77", calls)
        self.assertEqual(calls[-1], "scontrol requeue 77")

    def test_slow_suspension_is_waited_for(self):
        engine = 'trap "sleep 1; echo saved; exit 4" USR1\n: > "{0}/ready"\nwhile :; do sleep 0.05; done\n'.format(self.dir)

        def warn_twice(job):
            job.send_signal(signal.SIGUSR1)
            time.sleep(0.3)
            job.send_signal(signal.SIGUSR1)
        code, calls, output = self.run_job(engine, during=warn_twice)
        self.assertEqual(code, 0)
        self.assertIn("saved", output)
        self.assertEqual(calls[-1], "scontrol requeue 77")

    def test_cancelled_is_not_requeued(self):
        def cancel(job):  # scancel and the time limit signal the shell and the step
            job.send_signal(signal.SIGTERM)
            os.kill(int((self.dir / "step.pid").read_text()), signal.SIGTERM)
        code, calls, _ = self.run_job(self.SUSPENDS.format(self.dir), during=cancel)
        self.assertEqual(code, 4)
        self.assertFalse([c for c in calls if c.startswith("scontrol")])

    def test_no_requeue_when_not_wanted(self):
        code, calls, _ = self.run_job("exit 4\n", "requeue: false\n")
        self.assertEqual(code, 4)
        self.assertFalse([c for c in calls if c.startswith("scontrol")])

    def test_second_start_takes_the_lock_over(self):
        _, calls, _ = self.run_job("exit 0\n", SLURM_RESTART_COUNT="1")
        self.assertTrue(calls[0].endswith("--takeover"), calls[0])

    def test_elsewhere_says_where_to_submit(self):
        out = self.export("partition: gpu\n")
        env = dict(self.slurm("exit 0\n"), SLURM_SUBMIT_DIR=str(self.dir / "tools"))
        done = subprocess.run(["bash", out / "job.sbatch"], env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("sbatch job.sbatch", done.stderr)

    def test_hostile_settings_do_nothing_else(self):
        write(self.dir / "tools" / "module", "#!/bin/bash\n", True)
        code, calls, output = self.run_job("exit 0\n", CLUSTERS["hostile"])
        self.assertEqual(code, 127)  # there is no such engine
        self.assertEqual(len(calls), 1)
        self.assertFalse([p for p in self.dir.rglob("PWNED*")], output)
        self.assertIn("it's; touch PWNED/$HOME", calls[0])


if __name__ == "__main__":
    unittest.main()
