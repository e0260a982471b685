# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what `atelier-engine dataset build` makes of pictures against Pillow: every format, mode and orientation, colour
profiles, captions. Lossless sources must come out exactly; tolerances are stated where two decoders may differ."""
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

ENGINE = Path(os.environ["ATELIER_BIN"]) / "atelier-engine"


def picture(width=61, height=37, seed=0):
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 7, width)[None, :, None]
    y = np.linspace(0, 5, height)[:, None, None]
    c = np.arange(1, 4)[None, None, :]
    wave = 127 + 60 * np.sin(x * c) + 55 * np.cos(y + c) + rng.normal(0, 4, (height, width, 3))
    return Image.fromarray(np.clip(wave, 0, 255).astype(np.uint8))


def wide_gamut_profile():
    """A matrix profile unlike sRGB: sRGB with the colorants of red and green exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {}
    for i in range(int.from_bytes(data[128:132], "big")):
        at = 132 + 12 * i
        tags[bytes(data[at : at + 4])] = at
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data)


def over_white(image):
    rgba = np.asarray(image.convert("RGBA")).astype(int)
    alpha = rgba[..., 3:]
    return ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def build(folder, *options):
    out = folder.parent / (folder.name + "-shards")
    result = subprocess.run([ENGINE, "dataset", "build", folder, "--out", out, "--json", *options], capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    samples = {}
    for shard in sorted(out.glob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar.getmembers():
                key, extension = member.name.split(".", 1)
                samples.setdefault(key.rsplit("-", 1)[0], {})[extension] = tar.extractfile(member).read()
    report = {}
    for line in (out / "report.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["role"] == "image":
            report[entry["file"]] = entry
    return samples, report


class Images(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "source"
        self.folder.mkdir()

    def tearDown(self):
        self.temporary.cleanup()

    def pixels(self, samples, name):
        """As a reader that composes over white sees it: kept bytes may still have their alpha."""
        return over_white(Image.open(io.BytesIO(samples[name]["png"]))).astype(int)

    def check(self, cases, limit=0, mean=0.0):
        """cases: {name: (save(path), expected array)}; everything is written as PNG, so nothing is lost behind the decoder."""
        for name, (save, _) in cases.items():
            save(self.folder / name)
        samples, report = build(self.folder, "--format", "png", "--keep-duplicates")
        for name, (_, expected) in cases.items():
            with self.subTest(name):
                self.assertTrue(report[name]["kept"], report[name])
                got = self.pixels(samples, name.split(".")[0])
                expected = np.asarray(expected).astype(int)
                self.assertEqual(got.shape, expected.shape)
                difference = np.abs(got - expected)
                self.assertLessEqual(difference.max(), limit, f"max difference {difference.max()}")
                self.assertLessEqual(difference.mean(), mean + 1e-9)
        return samples, report

    def test_lossless_formats_and_modes_are_exact(self):
        rgb = picture()
        grey = rgb.convert("L")
        palette = rgb.quantize(32)
        bits = rgb.convert("1")
        rgba = rgb.copy()
        rgba.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 61).astype(np.uint8), (37, 1))))
        la = grey.convert("LA")
        la.putalpha(rgba.getchannel("A"))
        clear = palette.copy()

        def save(image, **options):
            return lambda path: image.save(path, **options)

        cases = {
            "png_rgb.png": (save(rgb), rgb),
            "png_interlaced.png": (lambda p: (p.write_bytes(interlaced(rgb))), rgb),
            "png_grey.png": (save(grey), grey.convert("RGB")),
            "png_bits.png": (save(bits), bits.convert("RGB")),
            "png_palette.png": (save(palette), palette.convert("RGB")),
            "png_palette_4.png": (save(rgb.quantize(9), bits=4), rgb.quantize(9).convert("RGB")),
            "png_palette_clear.png": (save(clear, transparency=3), over_white(transparent(clear, 3))),
            "png_rgba.png": (save(rgba), over_white(rgba)),
            "png_la.png": (save(la), over_white(la)),
            "webp_lossless.webp": (save(rgb, lossless=True), rgb),
            "webp_rgba.webp": (save(rgba, lossless=True, exact=True), over_white(rgba)),
            "bmp_rgb.bmp": (save(rgb), rgb),
            "bmp_grey.bmp": (save(grey), grey.convert("RGB")),
            "bmp_bits.bmp": (save(bits), bits.convert("RGB")),
            "bmp_palette.bmp": (save(palette), palette.convert("RGB")),
            "gif_palette.gif": (save(palette), palette.convert("RGB")),
            "gif_interlaced.gif": (save(palette, interlace=1), palette.convert("RGB")),
            "tiff_rgb.tif": (save(rgb), rgb),
            "tiff_lzw.tiff": (save(rgb, compression="tiff_lzw"), rgb),
            "tiff_deflate.tif": (save(rgb, compression="tiff_adobe_deflate"), rgb),
            "tiff_grey.tif": (save(grey), grey.convert("RGB")),
            "tiff_bits.tif": (save(bits, compression="group4"), bits.convert("RGB")),
            "tiff_palette.tif": (save(palette), palette.convert("RGB")),
            "tiff_rgba.tif": (save(rgba), over_white(rgba)),
            "tiff_la.tif": (save(la), over_white(la)),
            "tiff_cmyk.tif": (save(rgb.convert("CMYK")), rgb.convert("CMYK").convert("RGB")),
        }
        # libtiff multiplies by alpha before we compose, and rounds: CMYK and RGBA TIFFs may be one level off.
        _, report = self.check(cases, limit=1, mean=0.02)
        self.folder = self.folder.parent / "exact"
        self.folder.mkdir()
        self.check({n: c for n, c in cases.items() if n not in ("tiff_cmyk.tif", "tiff_rgba.tif")})
        self.assertIn("gray spread to RGB", report["png_grey.png"]["conversions"])
        self.assertIn("palette looked up", report["gif_palette.gif"]["conversions"])
        self.assertIn("transparency laid over the background colour", report["png_rgba.png"]["conversions"])
        self.assertIn("CMYK converted to RGB", report["tiff_cmyk.tif"]["conversions"])

    def test_sixteen_bits_are_rounded(self):
        rng = np.random.default_rng(3)
        deep = rng.integers(0, 65536, (23, 31), dtype=np.uint16)
        expected = ((deep.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
        expected = np.repeat(expected[..., None], 3, axis=2)
        cases = {
            "deep.png": (lambda p: Image.fromarray(deep).save(p), expected),
            "deeptif.tif": (lambda p: Image.fromarray(deep).save(p), expected),
        }
        _, report = self.check(cases)
        self.assertIn("16 bits rounded to 8", report["deep.png"]["conversions"])

    def test_jpeg_like_pillow(self):
        """Pillow and we use libjpeg-turbo's slow DCT and fancy upsampling: the same pixels (its bundled version is newer)."""
        rgb = picture(160, 122)
        cases = {}
        for name, options in {"j444.jpg": {"subsampling": 0}, "j422.jpg": {"subsampling": 1}, "j420.jpg": {"subsampling": 2},
                              "progressive.jpg": {"progressive": True}, "optimized.jpg": {"optimize": True, "quality": 40}}.items():
            buffer = io.BytesIO()
            rgb.save(buffer, "JPEG", **options)
            cases[name] = (lambda p, b=buffer: p.write_bytes(b.getvalue()), Image.open(buffer).convert("RGB"))
        buffer = io.BytesIO()
        rgb.convert("L").save(buffer, "JPEG")
        cases["grey.jpg"] = (lambda p, b=buffer: p.write_bytes(b.getvalue()), Image.open(buffer).convert("RGB"))
        cmyk = io.BytesIO()
        rgb.convert("CMYK").save(cmyk, "JPEG")
        cases["cmyk.jpg"] = (lambda p: p.write_bytes(cmyk.getvalue()), Image.open(cmyk).convert("RGB"))
        lossy = io.BytesIO()
        rgb.save(lossy, "WEBP", quality=70)
        cases["lossy.webp"] = (lambda p: p.write_bytes(lossy.getvalue()), Image.open(lossy).convert("RGB"))
        self.check(cases, limit=1, mean=0.01)

    def test_orientations(self):
        rgb = picture()
        cases = {}
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            for extension, options in {"png": {}, "webp": {"lossless": True}, "tif": {}}.items():
                buffer = io.BytesIO()
                rgb.save(buffer, {"tif": "TIFF"}.get(extension, extension.upper()), exif=exif, **options)
                upright = ImageOps.exif_transpose(Image.open(buffer)).convert("RGB")
                cases[f"o{orientation}_{extension}.{extension}"] = (lambda p, b=buffer: p.write_bytes(b.getvalue()), upright)
            jpeg = io.BytesIO()
            rgb.save(jpeg, "JPEG", exif=exif, quality=95)
            upright = ImageOps.exif_transpose(Image.open(jpeg)).convert("RGB")
            cases[f"o{orientation}_jpeg.jpg"] = (lambda p, b=jpeg: p.write_bytes(b.getvalue()), upright)
        _, report = self.check(cases, limit=1, mean=0.01)
        self.assertIn("exif_turn", report["o6_jpeg.jpg"]["reencoded"])
        self.assertEqual(report["o6_jpeg.jpg"]["size"], [37, 61])

    def test_colour_profiles(self):
        """Both use Little CMS, relative colorimetric with black point compensation; versions round differently by a level."""
        rgb = picture()
        profile = wide_gamut_profile()
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(rgb, io.BytesIO(profile), srgb, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                                              flags=ImageCms.Flags.BLACKPOINTCOMPENSATION)
        self.assertGreater(np.abs(np.asarray(converted).astype(int) - np.asarray(rgb)).mean(), 5)
        cases = {
            "icc.png": (lambda p: rgb.save(p, icc_profile=profile), converted),
            "icc.webp": (lambda p: rgb.save(p, icc_profile=profile, lossless=True), converted),
            "icc.tif": (lambda p: rgb.save(p, icc_profile=profile), converted),
            "srgb.png": (lambda p: rgb.save(p, icc_profile=srgb.tobytes()), rgb),
            "garbage.png": (lambda p: rgb.save(p, icc_profile=b"no profile at all" * 20), rgb),
        }
        for name in ("icc.webp", "icc.tif"):
            cases[name.replace("icc", "icc_" + name[-3:])] = cases.pop(name)
        _, report = self.check(cases, limit=2, mean=0.3)
        self.assertIn("icc_profile", report["icc.png"]["reencoded"])
        self.assertNotIn("reencoded", report["srgb.png"])

    def test_animations_give_their_first_frame(self):
        frames = [picture(seed=s).quantize(64) for s in range(3)]
        rgb = [f.convert("RGB") for f in frames]
        cases = {
            "moving.gif": (lambda p: frames[0].save(p, save_all=True, append_images=frames[1:]), rgb[0]),
            "moving_webp.webp": (lambda p: rgb[0].save(p, save_all=True, append_images=rgb[1:], lossless=True), rgb[0]),
            "moving_png.png": (lambda p: rgb[0].save(p, save_all=True, append_images=rgb[1:]), rgb[0]),
            "pages.tif": (lambda p: rgb[0].save(p, save_all=True, append_images=rgb[1:]), rgb[0]),
        }
        _, report = self.check(cases)
        for name in cases:
            self.assertIn("animation", report[name]["reencoded"])

    def test_wrong_extensions_are_read_by_content(self):
        rgb = picture()
        cases = {"lie.jpg": (lambda p: rgb.save(p, "PNG"), rgb), "bare": (lambda p: rgb.save(p, "PNG"), rgb)}
        _, report = self.check(cases)
        self.assertIn("it is a PNG inside, read correctly", report["lie.jpg"]["notes"])

    def test_resized_pictures_are_near_pillow(self):
        """INTER_AREA against Pillow's box filter, both exact averages: a level of rounding apart on full decodes."""
        rgb = picture(400, 300)
        rgb.save(self.folder / "big.png")
        rgb.save(self.folder / "bigjpeg.jpg", quality=95)
        samples, _ = build(self.folder, "--format", "png", "--resize", "100", "--keep-duplicates")
        expected = np.asarray(rgb.resize((133, 100), Image.BOX)).astype(int)
        self.assertLess(np.abs(self.pixels(samples, "big") - expected).mean(), 1.0)
        self.assertLess(np.abs(self.pixels(samples, "bigjpeg") - expected).mean(), 3.0)

    def test_captions_survive_byte_for_byte(self):
        texts = {"plain": "a fox", "lines": "first\nsecond", "unicode": "Füchse 🦊 in 東京", "spaces": "  tags, (weighted:1.2), {a|b}  "}
        for name, text in texts.items():
            picture(seed=len(name)).save(self.folder / f"{name}.png")
            (self.folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
        for name, codec in {"utf16": "utf-16", "bom": "utf-8-sig", "latin": "latin-1"}.items():
            picture(seed=ord(name[0])).save(self.folder / f"{name}.png")
            (self.folder / f"{name}.txt").write_bytes("Müller".encode(codec))
            texts[name] = "Müller"
        samples, _ = build(self.folder)
        for name, text in texts.items():
            self.assertEqual(samples[name]["txt"].decode("utf-8"), text)

    def test_huggingface_imagefolder(self):
        (self.folder / "train").mkdir()
        rows = []
        for i in range(3):
            picture(seed=i).save(self.folder / "train" / f"{i}.png")
            rows.append({"file_name": f"train/{i}.png", "text": f'say "{i}"', "score": i / 2})
        (self.folder / "metadata.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        samples, _ = build(self.folder)
        for i in range(3):
            self.assertEqual(samples[str(i)]["txt"].decode(), f'say "{i}"')
            self.assertEqual(json.loads(samples[str(i)]["json"])["score"], i / 2)


def interlaced(image):
    """Pillow writes no Adam7: made by hand from the seven passes."""
    import struct
    import zlib

    a = np.asarray(image)
    raw = b""
    for y0, x0, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
        for row in a[y0::dy, x0::dx]:
            if row.size:
                raw += b"\0" + row.tobytes()

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", a.shape[1], a.shape[0], 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def transparent(palette, index):
    rgba = palette.convert("RGBA")
    a = np.array(rgba)
    a[np.asarray(palette) == index, 3] = 0
    return Image.fromarray(a)


if __name__ == "__main__":
    unittest.main()
