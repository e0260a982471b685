# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds our YAML reading, merging, key=value lists and ${…} against the real OmegaConf, on generated cases.

Both sides get the same text; values must have the same type and value, texts written must be equal byte for byte,
and what one refuses the other must refuse.
"""
import json
import math
import os
import random
import re
import subprocess
import unittest
import warnings

import yaml
from omegaconf import OmegaConf
from omegaconf._yaml import get_yaml_loader

TOOL = os.path.join(os.environ["ATELIER_BIN"], "omega-tool")
SEED = int(os.environ.get("ATELIER_SEED", "20"))


def tagged(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": "nan" if math.isnan(value) else repr(value)}
    if isinstance(value, str):
        return {"s": str(value)}
    if isinstance(value, (list, tuple)):
        return {"l": [tagged(v) for v in value]}
    if isinstance(value, dict):
        return {"m": [[tagged(k), tagged(v)] for k, v in value.items()]}
    return {"other": repr(value)}


def load(text):
    value = yaml.load(text, Loader=get_yaml_loader())
    return OmegaConf.create({} if value is None else value)


def plain(config, resolve=False):
    return OmegaConf.to_container(config, resolve=resolve)


def expect(request):
    """What OmegaConf makes of a request; None when it refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            op = request["op"]
            if op == "load":
                config = load(request["yaml"])
                return {"value": tagged(plain(config)), "yaml": OmegaConf.to_yaml(config)}
            if op == "merge":
                return {"value": tagged(plain(OmegaConf.merge(load(request["a"]), load(request["b"]))))}
            if op == "dotlist":
                return {"value": tagged(plain(OmegaConf.from_dotlist(request["args"])))}
            return {"value": tagged(plain(load(request["yaml"]), resolve=True))}
    except Exception:  # whatever it raises, it refuses
        return None


class OmegaConfTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tool = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.tool.stdin.close()
        cls.tool.wait(timeout=10)
        cls.tool.stdout.close()

    def ask(self, request):
        self.tool.stdin.write(json.dumps(request) + "\n")
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def hold(self, requests, least_accepted=0.3):
        wrong, accepted = [], 0
        for request in requests:
            theirs, ours = expect(request), self.ask(request)
            accepted += theirs is not None
            if theirs is None:
                if "error" not in ours:
                    wrong.append((request, "OmegaConf refuses", ours))
            elif ours != theirs:
                wrong.append((request, theirs, ours))
        for request, theirs, ours in wrong[:12]:
            print("\nrequest", json.dumps(request)[-300:], "\n theirs", theirs, "\n ours  ", ours)
        self.assertEqual(len(wrong), 0, f"{len(wrong)} of {len(requests)} differ")
        self.assertGreaterEqual(accepted, least_accepted * len(requests), "too many cases are refused by both")

    def test_listed_scalars(self):
        texts = """1 +1 -3 1_000 0x1f 0xFF -0x1f 010 017 08 09 0o17 -0b11 0b 0x 12:30:45 1:30 1:60 0:1 01:30 -1:30 .5 1. 1.0 1e4 12e03
        1e 1e+ 1e-4 1E5 1.e3 1.5e3 1.5e+3 -.5 +.5 .5e3 .5e-3 1_0.0_1 1__0 1_ _1 1e1_0 1:30.5 .inf -.inf +.inf .Inf .INF .NaN .nan .NAN -.nan
        inf nan -inf infinity true True TRUE tRUE yes Yes YES on On ON off Off OFF no No NO false False FALSE y n Y N ~ null Null NULL nULL
        None none 2001-01-01 2001-01-01T12:00:00Z '1' "1" '' "" ??? '???' a a-b a_b a/b a.b http://x:80/y 1,2 1.2.3 1-2 0.0 -0 -0.0 00 0_0 1e400 -1e400
        1e-400 ! & | > [ ] { } , # a#b 'a''b' "a\\tb" "a\\u00e9" é 日本 --- ... - ? : :a a: -a ?a -1a @a `a %a *a &a""".split()
        self.hold([{"op": "load", "yaml": f"a: {t}\n"} for t in texts] + [{"op": "load", "yaml": f"{t}: 1\n"} for t in texts if t not in ("=", "???", "0b", "0x")])

    def test_generated_scalars(self):
        rng = random.Random(SEED)
        pieces = list("0123456789") * 2 + list("+-._:eExXbBoOabcdfn ~?") + ["inf", "nan", "true", "no", "null", "0x", "0b", "1e", "é", "\\", "'", '"', "#", ", ", ": "]
        requests = []
        for _ in range(1500):
            text = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 7)))
            requests.append({"op": "load", "yaml": f"a: {text}\n"})
        self.hold([r for r in requests if not self.too_large(r["yaml"])])

    @staticmethod
    def too_large(text):
        """Whole numbers beyond 64 bits stay text with us, as does 0x_."""
        if re.search(r"a: [-+]?0[bx]_*$", text.strip()):
            return True
        try:
            value = load(text)
            return any(isinstance(v, int) and not -(2**63) < v < 2**63 for v in plain(value).values())
        except Exception:
            return False

    def test_written_texts(self):
        rng = random.Random(SEED + 1)
        words = ["a", "b c", "1", "1.5", "1e-4", "yes", "null", "12:30", "x: y", "#c", "a #b", "'q'", '"d"', "\n", "\t", "é", "日", "- a", "? b", "${a}", "???", "%", "@", "a" * 60, "[x]", "{y}", "&z", "*w", "!t", "|", ">", " lead", "trail ", "2001-01-01", "<<", "=", "~", ""]

        def value(depth):
            kind = rng.random()
            if kind < 0.5 or depth > 3:
                return rng.choice([rng.choice(words), rng.choice(words) + rng.choice(words), " ".join(rng.choice(words) for _ in range(rng.randint(2, 14))), rng.randint(-5, 5) * 10 ** rng.randint(0, 9),
                                   rng.choice([1.0, 0.1, 1e-5, 1e16, 123456.789, 1e22, 1e-4, 3.5e-7, float("inf"), -0.0]) * rng.choice([1, -1, 1.1]), True, False, None])
            if kind < 0.75:
                return [value(depth + 1) for _ in range(rng.randint(0, 3))]
            return {rng.choice(["a", "b", "yes", "1", "x y", "é", "k" * rng.randint(1, 140)]): value(depth + 1) for _ in range(rng.randint(0, 3))}

        requests = []
        for _ in range(600):
            text = yaml.safe_dump({"root": value(0)}, allow_unicode=True, sort_keys=False)
            requests.append({"op": "load", "yaml": text})
        self.hold(requests, 0.5)

    def test_structures(self):
        texts = ["", "# nothing\n", "a:\n", "a: 1\na: 2\n", "a: &x {b: 1}\nc: *x\n", "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n", "x: &x {b: 1}\ny: &y {b: 2, c: 3}\nz:\n  <<: [*x, *y]\n",
                 "a: *b\n", "a: &a [*a]\n", "a: &x 1\nb: &x 2\n", "<<: {a: 1}\nb: 2\n", "a:\n  <<: 1\n", "a: [1, [2, {b: c}]]\n", "- 1\n- a: 2\n", "a: |\n  x\n  y\n", "a: >\n  x\n  y\n\n  z\n", "a: >-\n  x\n",
                 "a: 'x\n  y'\n", "a: x\n  y\n", "a: !!str 1\n", "a: !!int '3'\n", "a: !!float 3\n", "a: !foo 1\n", "a: ! 1\n", "1: a\n2.5: b\nfalse: c\n", "? a\n: b\n", "? [a]\n: b\n", "{a: 1, b}\n", "[a, b: c]\n",
                 "a: 1\n---\nb: 2\n", "---\na: 1\n...\n", "%YAML 1.1\n---\na: 1\n", "\ta: 1\n", "a:\n\t- 1\n", "a: b: c\n", "a: [1\n", "a: {b\n", "a: 'x\n", "a : 1\n", "'a b': 1\n", "a:1\n", "a: # c\n  b: 1 # d\n", "a: x #y\n",
                 "a:\n- 1\n- 2\n", "a:\n  - 1\n  -\n", "\ufeffa: 1\n", "a: \"\\x41\\n\"\n", "a: '\\n'\n", "a: ${b}\nb: 1\n", "a: ${\n", "a: ${b\n", "a: ${b:}\n", "~: 1\n", "null: 1\n", "a: 1\n b: 2\n", "a: - 1\n", "a:\n  b: 1\n c: 2\n",
                 "a: {x:1,y:2}\n", "a: [x:1, y: 2]\n", "a: \"b\" c\n", "a: &x\nb: *x\n", "a: \u2028b\n", "a: x\r\nb: y\r\n", "a: \x07\n", "a: [a, ]\n", "a: [, a]\n", "a: {}\nb: []\n", "x: {a: &q 1, b: *q}\n"]
        # Deliberate differences, left out here: a repeated key that is no text is an error with us, too; "=", "<<", "0x_"
        # as values are texts with us and errors there; whole numbers beyond 64 bits stay texts.
        self.hold([{"op": "load", "yaml": t} for t in texts], 0.4)

    def random_yaml(self, rng, depth=0):
        lines = []
        for key in rng.sample(["a", "b", "c", "d", "1", "l"], rng.randint(0 if depth else 1, 4)):
            pick = rng.random()
            if pick < 0.3 and depth < 3:
                inner = self.random_yaml(rng, depth + 1)
                lines.append(f"{key}: {{{inner}}}")
            else:
                lines.append(f"{key}: " + rng.choice(["1", "2.5", "x", "null", "'???'", "[1, 2]", "[]", "{}", "[a, {b: c}]", "true", "'${a}'", "'${b.c}'"]))
        return ", ".join(lines)

    def test_generated_merges(self):
        rng = random.Random(SEED + 2)
        requests = []
        for _ in range(900):
            a, b = self.random_yaml(rng), self.random_yaml(rng)
            requests.append({"op": "merge", "a": "{" + a + "}", "b": "{" + b + "}"})
        self.hold(requests, 0.4)

    def test_generated_dotlists(self):
        rng = random.Random(SEED + 3)
        keys = ["a", "b", "a.b", "a.b.c", "a[b]", "a[b].c", "[a].b", "a.0", "a[0]", "l.1", "a\\.b", "a\\=b", "a..b", "", "a.", "--x", "a[", "a]b", "é"]
        values = ["", "=", "=1", "=1e-4", "=true", "=null", "=None", "=''", "='1'", '="1"', "=[1, b, 'c d']", "=[]", "={}", "={x: 1, y: 2}", "={x:1,y:2}", "=foo bar", "=1,2", "=http://x:80/y", "=a=b", "=foo: bar", "=x #c", "=#c",
                  "=- 1", "=${b}", "=???", "=@x", "=*x", "=!x", "=%x", "=[1", "=010", "=1:30", "=a: 1\nb: 2", "=${", "=[{a: 1}, 2]", "=é"]
        requests = [{"op": "dotlist", "args": [k + v]} for k in keys for v in values]
        for _ in range(700):
            requests.append({"op": "dotlist", "args": [rng.choice(keys) + rng.choice(values) for _ in range(rng.randint(2, 4))]})
        self.hold(requests, 0.4)

    BASE = "g: 1\nf: 1.5\nt: true\nn: null\ns: text\nq: 'it''s'\nm: ???\nname: b\nidx: 1\nl: [10, 20, {x: 30}]\na: {b: {c: 5}, d: '${g}', s: x}\n1: one\nchain: ${a.d}\nself: ${self}\nring1: ${ring2}\nring2: ${ring1}\nref: ${a}\ndeep: {e: {up: '${..e.v}', v: 7, up2: '${...g}'}}\n"

    def test_listed_interpolations(self):
        texts = ["${g}", "${a.b}", "${a[b]}", "${a[b].c}", "${[a][b]}", "${l}", "${l[1]}", "${l.1}", "${l[-1].x}", "${l[5]}", "${l.x}", "x_${g}_y", "${g}${f}", "${s}${q}", "${t}-${n}", "[${l}]", "<${a.b}>", "<${q}${l}>",
                 "${a.${name}}", "${a.${name}.c}", "${l[${idx}]}", "${${name}}", "${${s}}", "\\${g}", "\\\\${g}", "\\\\\\${g}", "x\\y", "x\\\\y", "$g", "$", "$$", "$${g}", "${m}", "x${m}", "${nope}", "${a.nope}", "${s.x}", "${n.x}",
                 "${self}", "${ring1}", "${chain}", "${ref.b.c}", "${ref}", "${.s}", "${.g}", "${..g}", "${.}", "${..}", "${}", "${ g }", "${a .b}", "${a. b}", "${g", "${g}}", "{${g}}", "${oc.env:ATELIER_T1}", "${oc.env:ATELIER_T2,5}",
                 "${oc.env:ATELIER_T2,null}", "${oc.env:ATELIER_T2,'a b'}", "${oc.env:ATELIER_T2}", "${oc.env:ATELIER_T2,[1,2]}", "${oc.env:ATELIER_T2,1e5}", "${oc.env:ATELIER_T2,${g}}", "${oc.decode:'[1,2]'}", "${oc.decode:${oc.env:ATELIER_T1}}",
                 "${oc.decode:'{a: 1, b: [x, y]}'}", "${oc.decode:'1e3'}", "${oc.decode:null}", "${oc.decode:5}", "${oc.decode:'${g}'}", "${oc.decode:'a b'}", "${oc.decode:''}", "${oc.select:g}", "${oc.select:nope,7}", "${oc.select:nope}",
                 "${oc.select:m,7}", "${oc.select:a.b.c}", "${oc.select:n,5}", "${oc.dict.keys:a}", "${oc.dict.values:a.b}", "${oc.dict.keys:g}", "${oc.create:{x: 1}}", "${oc.create:[1,2]}", "${nosuch:1}", "${oc.env:}", "${oc.env:a,b,c}",
                 "${1}", "${a.b.c}px", "${f}", "${t}", "${n}", "${oc.env:ATELIER_T1}${oc.env:ATELIER_T1}", "${a['b']}", "${a\\.b}", "${é}", "${deep.e.up}", "${deep.e.up2}", "${a${name}}", "${g:}", "${oc.env:'ATELIER_T1'}", '${oc.env:"ATELIER_T1"}',
                 "${oc.env:ATELIER_T2,''}", "${oc.env:ATELIER_T2,}", "${oc.env:ATELIER_T2,a:b}", "${oc.env:ATELIER_T2,a/b.c-d}", "${oc.env:ATELIER_T2,a\\,b}", "${oc.env:ATELIER_T2,a b }", "${oc.env: ATELIER_T1 }", "${oc.env:ATELIER_T2,'x\\'y'}",
                 "${oc.env:ATELIER_T2,'${g}'}", "${oc.env:ATELIER_T2,é}", "${oc.env:ATELIER_T2,a=b}", "${oc.env:ATELIER_T2,01}", "${oc.env:ATELIER_T2,1_0}", "${oc.env:ATELIER_T2,nan}", "${oc.env:ATELIER_T2,-inf}", "${oc.env:ATELIER_T2,tRue}"]
        os.environ["ATELIER_T1"] = "5"
        os.environ.pop("ATELIER_T2", None)
        self.restart()
        requests = []
        for t in texts:
            quoted = "'" + t.replace("'", "''") + "'"
            keep = "\n".join(l for l in self.BASE.splitlines() if not l.startswith(("self", "ring"))) + "\n"
            base = self.BASE.replace("self: ${self}\nring1: ${ring2}\nring2: ${ring1}\n", "") if "self" not in t and "ring" not in t else self.BASE
            self.assertTrue(keep)
            requests.append({"op": "resolve", "yaml": base.replace("m: ???\n", "" if t.find("m") < 0 else "m: ???\n") + f"z: {quoted}\n"})
            requests.append({"op": "resolve", "yaml": base + f"w: {{v: [{quoted}], s: 3, g: 4}}\n"})
        self.hold(requests, 0.4)

    def restart(self):
        self.tearDownClass()
        self.setUpClass()

    def test_generated_interpolations(self):
        rng = random.Random(SEED + 4)
        os.environ["ATELIER_T1"] = "5"
        self.restart()
        base = self.BASE.replace("self: ${self}\nring1: ${ring2}\nring2: ${ring1}\n", "").replace("m: ???\n", "")
        keys = ["g", "f", "t", "n", "s", "q", "a.b.c", "a[b]", "l[0]", "l.2.x", "name", "chain", "ref.d", "deep.e.v", ".g", "..g", "nope", "a", "l", "1"]

        def inter(depth):
            pick = rng.random()
            if pick < 0.55 or depth > 2:
                return "${" + rng.choice(keys) + "}"
            if pick < 0.7:
                return "${a." + inter(depth + 1) + "}"
            if pick < 0.8:
                return "${l[" + inter(depth + 1) + "]}"
            if pick < 0.9:
                return "${oc.decode:" + rng.choice(["'[1, x]'", "'{a: 1}'", "1.5", "'1.5'", "\"a b\"", inter(depth + 1), "'" + inter(depth + 1) + "'"]) + "}"
            return "${oc.select:" + rng.choice(keys).lstrip(".") + "," + rng.choice(["1", "x", "'y z'", "[1,2]", "{k: v}", inter(depth + 1)]) + "}"

        requests = []
        for _ in range(900):
            parts = [rng.choice(["", "", "x", " ", "\\", "$", "\\\\", "{", "}", "é", "'"]) + (inter(0) if rng.random() < 0.85 else "") for _ in range(rng.randint(1, 3))]
            quoted = "'" + "".join(parts).replace("'", "''") + "'"
            where = rng.choice([f"z: {quoted}\n", f"w: {{v: {quoted}, g: 9}}\n", f"w: [{quoted}, 1]\n"])
            requests.append({"op": "resolve", "yaml": base + where})
        self.hold(requests, 0.3)


if __name__ == "__main__":
    unittest.main()
