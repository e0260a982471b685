# SPDX-License-Identifier: GPL-3.0-or-later
# TensorBoard files of a run, read by TensorBoard: curves, pictures, settings; after a kill, a cut file and a resume.
import os
import unittest

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from tracked_run import ENGINE, START, TrackedRun, png, wait_for

SETTINGS = "tracking: {tensorboard: true}"


def read(run):
    reader = EventAccumulator(str(run.folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    reader.Reload()
    return reader


def pictures(run, tag):
    """As TensorBoard's own server reads them."""
    reader = plugin_event_accumulator.EventAccumulator(str(run.folder / "tensorboard"))
    reader.Reload()
    return [(p.step, list(p.tensor_proto.string_val)) for p in reader.Tensors(tag)]


def files(run):
    return sorted((run.folder / "tensorboard").glob("*tfevents*"))


class TensorBoardTest(unittest.TestCase):
    def curve(self, run, tag="loss"):
        return [(e.step, round(e.value, 4)) for e in read(run).Scalars(tag)]

    def expected(self, first, last, shift=0.0):
        return [(step, round(1 / step + shift, 4)) for step in range(first, last + 1)]

    def test_curves_pictures_and_settings(self):
        run = TrackedRun(SETTINGS)
        run.start()
        run.metrics(1, 6)
        run.event("timing", data=0.1, encode=0.2, train=0.3, rest=0.0)
        run.event("memory", by={"weights": 5}, peak=1 << 40)
        run.event("device", util=0.5, temperature=60)
        run.sample(6, shade=7)
        run.finish(step=6)
        run.track()
        reader = read(run)
        self.assertEqual([(e.step, round(e.value, 4)) for e in reader.Scalars("loss")], self.expected(1, 6))
        self.assertEqual([e.value for e in reader.Scalars("grad_norm")][2], float("inf"))
        self.assertEqual(reader.Scalars("images_per_s")[0].value, 16.0)
        self.assertEqual(reader.Scalars("memory/peak_bytes")[0].value, float(1 << 40))
        self.assertAlmostEqual(reader.Scalars("seconds_per_step/train")[0].value, 0.3, 6)
        self.assertGreater(reader.Scalars("loss")[0].wall_time, START)
        self.assertEqual(pictures(run, "samples/01"), [(6, [b"16", b"8", png(16, 8, 8)])])
        self.assertEqual(reader.SummaryMetadata("samples/01").summary_description, "a fox, sitting")
        self.assertEqual(list(reader.PluginTagToContent("images")), ["samples/00", "samples/01"])
        config = reader.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
        self.assertIn("name: fox-lora", config)
        self.assertTrue(config.startswith("```yaml\n") and config.endswith("```"))
        metadata = reader.SummaryMetadata("_hparams_/session_start_info").plugin_data
        data = plugin_data_pb2.HParamsPluginData.FromString(metadata.content)
        self.assertEqual(data.session_start_info.hparams["system.batch_size"].number_value, 8)
        self.assertEqual(data.session_start_info.hparams["sampling.prompts.1"].string_value, "a fox, sitting")
        end = plugin_data_pb2.HParamsPluginData.FromString(reader.SummaryMetadata("_hparams_/session_end_info").plugin_data.content)
        self.assertEqual(end.session_end_info.status, 1)
        # Everything is there: nothing is written again.
        before = [f.stat().st_size for f in files(run)]
        run.track()
        self.assertEqual([f.stat().st_size for f in files(run)], before)

    def test_follows_the_engine(self):
        run = TrackedRun(SETTINGS)
        run.attend()
        run.start()
        run.metrics(1, 3)
        wait_for(lambda: files(run) and len(self.curve(run)) == 3)
        run.metrics(4, 5)
        run.finish(step=5)
        self.assertEqual(run.leave(), [])
        self.assertEqual(self.curve(run), self.expected(1, 5))

    def test_killed_then_cut_then_resumed(self):
        run = TrackedRun(SETTINGS)
        run.attend()
        run.start()
        run.metrics(1, 6)
        wait_for(lambda: files(run) and len(self.curve(run)) == 6)
        run.kill()
        cut = files(run)[0]
        os.truncate(cut, cut.stat().st_size - 9)
        run.metrics(7, 8)  # while nobody listened
        run.start(resumed=4)
        run.attend()
        run.metrics(5, 9, shift=1.0)
        run.finish(step=9)
        self.assertEqual(run.leave(), [])
        self.assertEqual(len(files(run)), 2)
        self.assertEqual(self.curve(run), self.expected(1, 4) + self.expected(5, 9, 1.0))
        self.assertIn("name: fox-lora", str(read(run).Tensors("config/text_summary")[0]))

    def test_two_ends_in_one_log(self):
        run = TrackedRun(SETTINGS)
        run.start()
        run.metrics(1, 5)
        run.sample(5)
        run.start(resumed=3)
        run.metrics(4, 6, shift=2.0)
        run.track()
        self.assertEqual(self.curve(run), self.expected(1, 3) + self.expected(4, 6, 2.0))
        self.assertEqual(pictures(run, "samples/00"), [])  # made again later, or not at all
        run.start()
        run.metrics(1, 2, shift=5.0)
        run.track()
        self.assertEqual(self.curve(run), self.expected(1, 2, 5.0))

    def test_trouble_is_told_and_ends_nothing(self):
        run = TrackedRun(SETTINGS)
        (run.folder / "tensorboard").write_text("a file where the folder belongs")
        run.attend()
        run.start()
        run.metrics(1, 2)
        warning = wait_for(lambda: run.process.stdout.readline())
        self.assertIn("tracking_ended", warning)
        self.assertIn("The run goes on without", warning)
        run.leave()
        done = TrackedRun("").track(expect=2)
        self.assertIn("names no place", done.stderr)


if __name__ == "__main__":
    unittest.main()
