# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards against the real webdataset, Python's tarfile and GNU tar, in both directions: members, order, bytes, grouping."""
import hashlib, io, json, os, random, subprocess, tarfile, tempfile, unittest, warnings
from pathlib import Path

import braceexpand
import webdataset

TOOL = Path(os.environ["ATELIER_BIN"]) / "shard_tool"


def run(*arguments, text=None):
    return subprocess.run([TOOL, *map(str, arguments)], input=text, capture_output=True, text=True)


def dump(path):
    """[(key, [(extension, sha256)])] as our reader sees the tar."""
    done = run("dump", path)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    samples = [json.loads(line) for line in done.stdout.splitlines()]
    return [(s["key"], [(m[0], m[3]) for m in s["members"]]) for s in samples]


def peer(path):
    """The same as webdataset sees it."""
    result = []
    for sample in webdataset.WebDataset(str(path), shardshuffle=False, empty_check=False):
        result.append((sample["__key__"], [(k, hashlib.sha256(v).hexdigest()) for k, v in sample.items()
                                           if k not in ("__key__", "__url__", "__local_path__")]))
    return result


def samples(count, seed=1):
    draw = random.Random(seed)
    made = []
    for i in range(count):
        members = [("jpg", draw.randbytes(draw.choice([0, 1, 511, 512, 513, 5000]))), ("txt", f"caption {i} ü 猫".encode())]
        if i % 3 == 0:
            members.append(("json", json.dumps({"width": i}).encode()))
        if i % 4 == 0:
            members.append(("mask.png", draw.randbytes(77)))
        made.append((f"key-{i:04}", members))
    return made


def digest(made):
    return [(key, [(extension, hashlib.sha256(data).hexdigest()) for extension, data in members]) for key, members in made]


class Shards(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)  # webdataset leaves closing its files to the collector
        self._folder = tempfile.TemporaryDirectory()
        self.dir = Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def write_ours(self, made, per_shard):
        lines = "".join(json.dumps({"key": k, "members": [[e, d.hex()] for e, d in m]}) + "\n" for k, m in made)
        done = run("write", self.dir / "ours", per_shard, text=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        return sorted((self.dir / "ours").glob("*.tar"))

    def make_tar(self, names, format=tarfile.USTAR_FORMAT, mode="w"):
        """A tar by Python's tarfile: names may be (name, type)."""
        path = self.dir / "made.tar"
        with tarfile.open(path, mode, format=format) as tar:
            for i, name in enumerate(names):
                info = tarfile.TarInfo(name if isinstance(name, str) else name[0])
                data = f"{i} {name}".encode() * (i % 5 + 1)
                if not isinstance(name, str):
                    info.type, info.linkname, data = name[1], "elsewhere", b""
                info.size, info.mtime = len(data), 1.5
                tar.addfile(info, io.BytesIO(data))
        return path

    def test_webdataset_reads_ours(self):
        made = samples(57)
        shards = self.write_ours(made, 20)
        self.assertEqual([p.name for p in shards], ["000000.tar", "000001.tar", "000002.tar"])
        self.assertEqual([s for p in shards for s in peer(p)], digest(made))
        pattern = str(self.dir / "ours" / "{000000..000002}.tar")
        self.assertEqual(peer(pattern), digest(made))
        self.assertEqual([s for p in shards for s in dump(p)], digest(made))

    def test_webdataset_decodes_ours(self):
        self.write_ours([("a", [("txt", "übung".encode()), ("json", b'{"width": 3}'), ("cls", b"7")])], 10)
        sample = next(iter(webdataset.WebDataset(str(self.dir / "ours/000000.tar"), shardshuffle=False).decode()))
        self.assertEqual((sample["txt"], sample["json"], sample["cls"]), ("übung", {"width": 3}, 7))

    def test_python_and_gnu_tar_read_ours(self):
        long = "folder-" + "x" * 80 + "/" + "y" * 60 + "/" + "z" * 50
        made = samples(9) + [(long, [("jpg", b"L")]), ("n" * 190, [("jpg", b"M")]), ("写真/絵", [("txt", b"N")])]
        tar = self.write_ours(made, 100)[0]
        names = [f"{key}.{extension}" for key, members in made for extension, _ in members]
        with tarfile.open(tar) as archive:
            self.assertEqual(archive.getnames(), names)
            for info in archive:
                self.assertEqual((info.mode, info.uid, info.mtime, info.type), (0o644, 0, 946684800, tarfile.REGTYPE))
            first = archive.extractfile(archive.getmembers()[0]).read()
        self.assertEqual(first, made[0][1][0][1])
        listed = subprocess.run(["tar", "tf", tar, "--quoting-style=literal"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual((listed.returncode, listed.stderr, listed.stdout.splitlines()), (0, "", names))
        out = self.dir / "out"
        out.mkdir()
        extracted = subprocess.run(["tar", "xf", tar, "-C", out], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual((extracted.returncode, extracted.stderr), (0, ""))
        for key, members in made:
            for extension, data in members:
                self.assertEqual((out / f"{key}.{extension}").read_bytes(), data)
        # Plain ustar wherever the name allows it: one header block a member.
        raw = tar.read_bytes()
        self.assertEqual(raw.count(b"././@PaxHeader"), 2)

    def test_we_read_webdatasets_writer(self):
        made = samples(30, seed=2) + [("deep/" + "d" * 120 + "/key", [("jpg", b"1"), ("txt", b"2")]), ("ключ", [("jpg", b"3"), ("txt", b"4")])]
        for suffix in ("tar", "tar.gz"):
            path = self.dir / f"theirs.{suffix}"
            with webdataset.TarWriter(str(path), encoder=False) as writer:
                for key, members in made:
                    writer.write({"__key__": key, **dict(members)})
            expected = [(key, sorted(members)) for key, members in digest(made)]
            self.assertEqual(dump(path), expected)
            self.assertEqual(peer(path), expected)

    def test_img2dataset_layout(self):
        # What img2dataset writes: numbered keys, indented JSON, a text only where there is a caption, webdataset's writer.
        path = self.dir / "00000.tar"
        with webdataset.TarWriter(str(path), encoder=False) as writer:
            for i in range(12):
                sample = {"__key__": f"{i:09}", "jpg": bytes([i]) * 900, "json": json.dumps({"caption": "c", "width": 64}, indent=4).encode()}
                if i % 5:
                    sample["txt"] = b"c"
                writer.write(sample)
        self.assertEqual(dump(path), peer(path))
        self.assertEqual(len(dump(path)), 12)

    def test_every_tar_dialect(self):
        names = ["a.jpg", "a.txt", "dir/" + "n" * 110 + ".jpg", "dir/" + "n" * 110 + ".txt", "d" * 150 + "/" + "e" * 120 + "/f.jpg", "名/前.txt", "last.json"]
        for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            for mode in ("w", "w:gz", "w:bz2", "w:xz"):
                with self.subTest(format=format, mode=mode):
                    path = self.make_tar(names, format, mode)
                    self.assertEqual(dump(path), peer(path))
                    self.assertEqual(len(dump(path)), 5)

    def test_grouping_rules(self):
        cases = [
            ["a.jpg", "a.txt", "b.jpg", "a.json"],
            ["x/a.JPG", "x/a.Txt", "y/a.jpg"],
            ["__meta__.json", "__dir__/a.jpg", "__a__b.jpg", "d/__a__/b.jpg", "__k__", "a.jpg"],
            ["noext", "a.jpg", "dir.d/noext", "a.txt"],
            [".hidden", "d/.hidden", "d.e/.hidden", "d/e/.h", "a.jpg"],
            ["./a.jpg", "./a.txt", "./b.seg.png", "b.seg.png"],
            ["a..jpg", "a.", "b.jpg"],
            ["a.jpg", ("a.link", tarfile.SYMTYPE), ("folder.d", tarfile.DIRTYPE), ("a.hard", tarfile.LNKTYPE), ("p.fifo", tarfile.FIFOTYPE), "a.txt"],
            [],
        ]
        for names in cases:
            with self.subTest(names=names):
                path = self.make_tar(names)
                self.assertEqual(dump(path), peer(path))
        draw = random.Random(5)
        for _ in range(40):
            parts = ["a", "b", ".", "/", "__", "A", "x.y"]
            names = ["".join(draw.choices(parts, k=draw.randint(1, 6))).lstrip("/") for _ in range(8)]
            names = [n for n in names if n and not n.endswith("/") and "//" not in n]
            with self.subTest(names=names):
                path = self.make_tar(names)
                try:
                    expected = peer(path)
                except ValueError:  # a duplicate extension
                    self.assertEqual(run("dump", path).returncode, 1)
                    continue
                self.assertEqual(dump(path), expected)

    def test_duplicates_and_torn_tars_are_errors_for_both(self):
        path = self.make_tar(["a.jpg", "a.JPG"])
        self.assertRaises(ValueError, peer, path)
        self.assertIn("two members", run("dump", path).stderr)
        whole = self.make_tar(["a.jpg", "a.txt", "b.jpg"]).read_bytes()
        path.write_bytes(whole[:2 * 1024 + 512 + 3])
        self.assertRaises(Exception, peer, path)
        self.assertIn("the file ends", run("dump", path).stderr)

    def test_gnu_tar_writes_a_folder(self):
        # The recipe of many README files: a folder of pictures and texts, packed by tar.
        folder = self.dir / "dataset"
        folder.mkdir()
        for i in range(6):
            (folder / f"{i:04}.jpg").write_bytes(os.urandom(700))
            (folder / f"{i:04}.txt").write_text(f"caption {i}")
        for options in (["--format=ustar"], ["--format=gnu"], ["--format=pax"], ["--format=v7"]):
            path = self.dir / "packed.tar"
            subprocess.run(["tar", *options, "--sort=name", "-cf", path, "-C", self.dir, "./dataset"], check=True)
            self.assertEqual(dump(path), peer(path))
            self.assertEqual([key for key, _ in dump(path)], [f"./dataset/{i:04}" for i in range(6)])

    def test_brace_notation(self):
        draw = random.Random(3)
        patterns = ["{000..012}.tar", "{8..11}", "{0..8..2}", "a{,b}c", "{a,b}{1..3}", "x{1,{2..4},y{5,6}}z", "{3..-2}", "{-05..2}", "{09..1..4}",
                    "{a..f..2}", "{z..W}", "\\{a,b\\}", "{a}", "{}", "{a,b", "a}b", "{1..2..0}", "{1..a}", "{,}", "{{1,2}}", "p/{00..03}/{x,y}.tar"]
        alphabet = ["{", "}", ",", "..", "0", "1", "12", "a", "b", "\\", "-", "x"]
        patterns += ["".join(draw.choices(alphabet, k=draw.randint(1, 9))) for _ in range(400)]
        compared = 0
        for pattern in patterns:
            if pattern.endswith("\\") or "\\\\" in pattern:  # the library takes nested escapes off twice, bash does not
                continue
            try:
                expected = list(braceexpand.braceexpand(pattern))
            except braceexpand.UnbalancedBracesError:
                self.assertEqual(run("expand", pattern).returncode, 1, pattern)
                continue
            done = run("expand", pattern)
            self.assertEqual((done.returncode, done.stdout), (0, "".join(name + "\n" for name in expected)), pattern)
            compared += 1
        self.assertGreater(compared, 100)


if __name__ == "__main__":
    unittest.main()
