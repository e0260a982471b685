// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures: round trips, what probing says, orientation, and everything that can be wrong with a file.
#include <QtTest>
#include <cstring>
#include <random>

#include "core/data/image_io.h"
#include "core/data/resize.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::test;

namespace {

double meanDifference(const Image& a, const Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.byteSize(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
    return sum / double(a.byteSize());
}

bool equalPixels(const Image& a, const Image& b) {
    return a.width == b.width && a.height == b.height &&
           std::memcmp(a.rgb.get(), b.rgb.get(), a.byteSize()) == 0;
}

std::string le32(std::uint32_t v) {
    return {char(v), char(v >> 8), char(v >> 16), char(v >> 24)};
}
std::string le16(std::uint32_t v) {
    return {char(v), char(v >> 8)};
}

std::string bmpHeader(std::int32_t width, std::int32_t height, unsigned bits, std::uint32_t compression = 0) {
    return "BM" + le32(0) + le32(0) + le32(54) + le32(40) + le32(std::uint32_t(width)) +
           le32(std::uint32_t(height)) + le16(1) + le16(bits) + le32(compression) + le32(0) + le32(0) +
           le32(0) + le32(0) + le32(0);
}

std::string big32(std::uint32_t v) {
    return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)};
}

// A PNG that claims a size; libpng checks the CRC, probing does not get that far.
std::string withPngSize(std::string png, std::uint32_t width, std::uint32_t height) {
    return png.substr(0, 16) + big32(width) + big32(height) + png.substr(24);
}

}  // namespace

class TestImageIo : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void losslessRoundTrips() {
        const Image image = picture(67, 41);
        for (const auto& [format, quality] : {std::pair{ImageFormat::Png, 95}, {ImageFormat::Webp, 100}}) {
            const auto decoded = decodeImage(encoded(image, format, quality), "x");
            QVERIFY(decoded.has_value());
            QVERIFY(equalPixels(decoded->image, image));
            QVERIFY(decoded->conversions.empty());
        }
    }
    void lossyRoundTrips() {
        const Image image = picture(160, 120);
        for (const auto format : {ImageFormat::Jpeg, ImageFormat::Webp}) {
            const auto decoded = decodeImage(encoded(image, format), "x");
            QVERIFY(decoded.has_value());
            QVERIFY2(meanDifference(decoded->image, image) < 6,
                     qPrintable(QString::number(meanDifference(decoded->image, image))));
        }
    }
    void probeSaysWhatItIs() {
        const auto info = probeImage(encoded(picture(30, 20), ImageFormat::Png), "dir/fox.JPG");
        QVERIFY(info.has_value());
        QCOMPARE(info->format, ImageFormat::Png);
        QCOMPARE(info->width, 30);
        QCOMPARE(info->height, 20);
        QCOMPARE(info->otherExtension, std::string("jpg"));
        const auto named = probeImage(encoded(picture(30, 20), ImageFormat::Jpeg), "fox.JPEG");
        QVERIFY(named.has_value());
        QCOMPARE(named->otherExtension, std::string());
    }
    // The pixel at the top left of the upright picture, by the EXIF standard's definition of each
    // orientation.
    void orientations_data() {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<int>("x");
        QTest::addColumn<int>("y");
        const int w = 63, h = 31;
        QTest::newRow("1 as stored") << 1 << 0 << 0;
        QTest::newRow("2 mirrored") << 2 << w << 0;
        QTest::newRow("3 upside down") << 3 << w << h;
        QTest::newRow("4 mirrored upside down") << 4 << 0 << h;
        QTest::newRow("5 transposed") << 5 << 0 << 0;
        QTest::newRow("6 turned right") << 6 << 0 << h;
        QTest::newRow("7 transversed") << 7 << w << h;
        QTest::newRow("8 turned left") << 8 << w << 0;
    }
    void orientations() {
        QFETCH(int, orientation);
        QFETCH(int, x);
        QFETCH(int, y);
        const std::string jpeg = encoded(picture(64, 32), ImageFormat::Jpeg);
        const auto stored = decodeImage(jpeg, "x").value();
        const std::string turned = withExif(jpeg, orientation);
        const auto upright = decodeImage(turned, "x");
        QVERIFY(upright.has_value());
        QCOMPARE(upright->image.width, orientation >= 5 ? 32 : 64);
        QVERIFY(std::memcmp(upright->image.row(0), stored.image.row(y) + 3 * x, 3) == 0);
        const bool swapped = orientation >= 5;  // the second pixel tells transposition from turning
        const int sx = x == 0 ? 0 : 63, sy = y == 0 ? 0 : 31;
        const int nx = swapped ? sx : (sx == 0 ? 1 : 62), ny = swapped ? (sy == 0 ? 1 : 30) : sy;
        QVERIFY(std::memcmp(upright->image.row(0) + 3, stored.image.row(ny) + 3 * nx, 3) == 0);
        QCOMPARE(upright->conversions.size(), std::size_t(orientation > 1 ? 1 : 0));
        const auto info = probeImage(turned, "x.jpg").value();
        QCOMPARE(info.orientation, orientation);
        QCOMPARE(info.width, upright->image.width);
    }
    void scaledDecodeKeepsTheOriginalSize() {
        const std::string jpeg = encoded(picture(1024, 768), ImageFormat::Jpeg);
        const auto small = decodeImage(jpeg, "x", {.shortSide = 128}).value();
        QCOMPARE(small.image.height, 192);  // 1/4: the smallest that is one and a half times 128
        QCOMPARE(small.originalWidth, 1024);
        QCOMPARE(small.originalHeight, 768);
        const auto full = decodeImage(jpeg, "x", {.shortSide = 700}).value();
        QCOMPARE(full.image.height, 768);
    }
    void everyTruncationIsRefused_data() {
        QTest::addColumn<int>("format");
        QTest::newRow("jpeg") << int(ImageFormat::Jpeg);
        QTest::newRow("png") << int(ImageFormat::Png);
        QTest::newRow("webp") << int(ImageFormat::Webp);
    }
    void everyTruncationIsRefused() {
        QFETCH(int, format);
        const std::string bytes = encoded(picture(90, 70), ImageFormat(format));
        // The last bytes of a sequential JPEG hold its end marker: without it, every pixel can still be
        // there.
        const std::size_t needed = bytes.size() - (ImageFormat(format) == ImageFormat::Jpeg ? 4 : 0);
        for (std::size_t length = 0; length < needed; length += 1 + length / 97) {
            const auto decoded = decodeImage(std::string_view(bytes).substr(0, length), "cut.img");
            QVERIFY2(!decoded, qPrintable(QString("accepted %1 of %2 bytes").arg(length).arg(bytes.size())));
            QCOMPARE(decoded.error().code, ErrorCode::Data);
            QVERIFY(!decoded.error().what.empty());
        }
    }
    void truncationSaysWhere() {
        const std::string jpeg = encoded(picture(400, 300), ImageFormat::Jpeg);
        const auto decoded = decodeImage(std::string_view(jpeg).substr(0, jpeg.size() / 2), "whale.jpg");
        QVERIFY(!decoded);
        QVERIFY2(decoded.error().what.starts_with("it ends after "), decoded.error().what.c_str());
        QVERIFY2(decoded.error().what.find(" of 300") != std::string::npos, decoded.error().what.c_str());
        const std::string webp = encoded(picture(400, 300), ImageFormat::Webp);
        const auto cut = decodeImage(std::string_view(webp).substr(0, webp.size() / 2), "whale.webp");
        QVERIFY(!cut);
        QVERIFY2(cut.error().what.find(" of ") != std::string::npos, cut.error().what.c_str());
    }
    // No flipped byte may crash, hang or give a picture of another size than its header says.
    void damageNeverCrashes_data() { everyTruncationIsRefused_data(); }
    void damageNeverCrashes() {
        QFETCH(int, format);
        const std::string bytes = encoded(picture(120, 80), ImageFormat(format));
        std::mt19937 random(7);
        for (int round = 0; round < 400; ++round) {
            std::string damaged = bytes;
            for (int n = 1 + int(random() % 4); n > 0; --n)
                damaged[random() % (round % 2 ? damaged.size() : 200)] = char(random());
            (void)probeImage(damaged, "d");
            const auto decoded = decodeImage(damaged, "d", {.maxPixels = 4'000'000});
            if (decoded) QVERIFY(decoded->image.width > 0 && decoded->image.height > 0);
        }
    }
    void handWrittenFormatsNeverCrash() {
        // GIF and TIFF of 2 × 2, and BMP in several kinds, with every byte changed in turn.
        const std::string gif(
            "GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x02\0\0\x02\x03\x44\x02\x05\0;", 35);
        const std::string bmp8 = bmpHeader(5, 3, 8) + std::string(1024, '\x40') + std::string(24, '\x07');
        const std::string rle = bmpHeader(4, 4, 8, 1) + std::string(1024, '\x40') +
                                std::string("\x04\x01\0\0\0\x03\x01\x02\x03\0\0\x01", 12);
        std::string tiff("II*\0\x08\0\0\0\x09\0", 10);
        const auto tag = [&](unsigned id, unsigned type, unsigned count, unsigned value) {
            tiff += le16(id) + le16(type) + le32(count) + le32(value);
        };
        tag(256, 3, 1, 2), tag(257, 3, 1, 2), tag(258, 3, 1, 8), tag(259, 3, 1, 1), tag(262, 3, 1, 1),
            tag(273, 4, 1, 122);
        tag(277, 3, 1, 1), tag(278, 3, 1, 2), tag(279, 4, 1, 4);
        tiff += le32(0) + "\x10\x20\x30\x40";
        std::string bmp8Fixed = bmp8, rleFixed = rle;
        bmp8Fixed.replace(10, 4, le32(54 + 1024));
        rleFixed.replace(10, 4, le32(54 + 1024));
        for (const std::string& good : {gif, bmp8Fixed, rleFixed, tiff}) {
            const auto whole = decodeImage(good, "good");
            QVERIFY2(whole.has_value(), whole ? "" : whole.error().what.c_str());
            for (std::size_t at = 0; at < std::min<std::size_t>(good.size(), 200); ++at) {
                for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
                    std::string damaged = good;
                    damaged[at] = char(value);
                    (void)probeImage(damaged, "d");
                    (void)decodeImage(damaged, "d", {.maxPixels = 1'000'000});
                }
            }
            for (std::size_t length = 0; length < good.size(); length += 1 + length / 20)
                (void)decodeImage(good.substr(0, length), "d");
        }
    }
    void grayTiffsWithAlphaAreLaidOnce() {
        // Gray 100 at half alpha on white: 100 · ½ + 255 · ½; multiplied in already: 100 + 255 · ½.
        const std::string eight("\x64\x80\x64\xff\x64\x00", 6);
        const std::string sixteen("\x64\x64\x80\x80\x64\x64\xff\xff\x64\x64\x00\x00", 12);
        for (const auto& [samples, bits] : {std::pair{eight, 8u}, {sixteen, 16u}}) {
            const auto straight = decodeImage(grayTiff(samples, bits, 2), "straight");
            QVERIFY(straight.has_value());
            QCOMPARE(int(straight->image.row(0)[0]), 177);
            QCOMPARE(int(straight->image.row(0)[3]), 100);
            QCOMPARE(int(straight->image.row(0)[6]), 255);
            const auto multiplied = decodeImage(grayTiff(samples, bits, 1), "multiplied");
            QVERIFY(multiplied.has_value());
            QCOMPARE(int(multiplied->image.row(0)[0]), 227);
            QCOMPARE(int(multiplied->image.row(0)[3]), 100);
        }
    }
    void probingIsAsForgivingAsDecoding() {
        // Stray bytes between segments, as some cameras leave them: libjpeg passes over them.
        const std::string jpeg = withExif(encoded(picture(24, 16), ImageFormat::Jpeg), 6);
        const std::string stray = jpeg.substr(0, 38) + std::string("\0\x10\xff\0zz", 6) + jpeg.substr(38);
        QVERIFY(decodeImage(stray, "stray.jpg").has_value());
        const auto info = probeImage(stray, "stray.jpg");
        QVERIFY2(info.has_value(), info ? "" : info.error().what.c_str());
        QCOMPARE(info->width, 16);
        // A chunk with a wrong checksum does not count, for libpng nor for the probe.
        const std::string png = encoded(picture(24, 16), ImageFormat::Png);
        const std::string exif = exifWith(6).substr(6);
        const std::string chunk = big32(std::uint32_t(exif.size())) + "eXIf" + exif + "\x12\x34\x56\x78";
        const std::string wrong = png.substr(0, 33) + chunk + png.substr(33);
        const auto decoded = decodeImage(wrong, "wrong.png");
        QVERIFY(decoded.has_value());
        QCOMPARE(decoded->originalWidth, 24);
        QCOMPARE(probeImage(wrong, "wrong.png")->width, 24);
    }
    void bombsAreRefusedBeforeMemoryIsTaken() {
        const std::string png = withPngSize(encoded(picture(8, 8), ImageFormat::Png), 60000, 60000);
        QCOMPARE(probeImage(png, "b.png")->pixels(), std::uint64_t(3'600'000'000));
        QVERIFY(!decodeImage(png, "b.png"));
        const auto bmp = decodeImage(bmpHeader(2'000'000'000, 2'000'000'000, 8, 1) + "\0\x01", "b.bmp");
        QVERIFY(!bmp);
        QVERIFY2(bmp.error().what.find("more than the limit") != std::string::npos, bmp.error().what.c_str());
        std::string runs =
            bmpHeader(8, 33'000'000, 8, 1) + std::string(1024, '\x40') + std::string("\0\1", 2);
        runs.replace(10, 4, le32(54 + 1024));
        const auto nothing = decodeImage(runs, "runs.bmp");
        QVERIFY(!nothing);
        QVERIFY2(nothing.error().what.find("cannot hold") != std::string::npos, nothing.error().what.c_str());
        const auto limited =
            decodeImage(encoded(picture(100, 100), ImageFormat::Jpeg), "x.jpg", {.maxPixels = 9999});
        QVERIFY(!limited);
        QVERIFY(!limited.error().hint.empty());
    }
    void notPictures() {
        QCOMPARE(probeImage("", "x.jpg").error().what, std::string("it is empty (0 bytes)"));
        QVERIFY(!decodeImage("", "x.jpg"));
        QVERIFY(probeImage(std::string("\0\0\0\x18"
                                       "ftypheic\0\0\0\0",
                                       16),
                           "x.jpg")
                    .error()
                    .what.find("HEIC") != std::string::npos);
        QVERIFY(probeImage("<html><body>404</body>", "x.jpg").error().what.find("HTML") != std::string::npos);
        QVERIFY(!decodeImage("just some text that is long enough to look at", "x.png"));
    }
    void probeOfAFileReadsItsHeader() {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "a.jpg";
        writeFile(path, withExif(encoded(picture(64, 32), ImageFormat::Jpeg), 6));
        const auto info = probeImage(path);
        QVERIFY(info.has_value());
        QCOMPARE(info->width, 32);
        QCOMPARE(probeImage(path.parent_path() / "none.jpg").error().code, ErrorCode::Io);
        QVERIFY(!probeImage(path.parent_path()));
    }
    void thumbnails() {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "a.jpg";
        writeFile(path, encoded(picture(800, 400), ImageFormat::Jpeg));
        const auto thumbnail = decodeThumbnail(path, 100);
        QVERIFY(thumbnail.has_value());
        QCOMPARE(thumbnail->width, 100);
        QCOMPARE(thumbnail->height, 50);
        QCOMPARE(decodeThumbnail(path, 2000)->width, 800);
    }
};

QTEST_GUILESS_MAIN(TestImageIo)
#include "tst_image_io.moc"
