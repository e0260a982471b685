// SPDX-License-Identifier: GPL-3.0-or-later
// Embedded profiles: recognising sRGB, matrix, gray and CMYK profiles made by Little CMS on the spot.
#include <lcms2.h>

#include <QtTest>
#include <algorithm>
#include <cmath>

#include "core/data/codecs.h"
#include "tests/core/data/pictures.h"

using namespace atelier::data;

namespace {

std::string bytesOf(cmsHPROFILE profile) {
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    std::string bytes(size, '\0');
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    cmsCloseProfile(profile);
    return bytes;
}

std::string rgbProfile(const cmsCIExyYTRIPLE& primaries, double gamma) {
    const cmsCIExyY d65{0.3127, 0.3290, 1.0};
    cmsToneCurve* curve = cmsBuildGamma(nullptr, gamma);
    cmsToneCurve* curves[3] = {curve, curve, curve};
    const std::string bytes = bytesOf(cmsCreateRGBProfile(&d65, &primaries, curves));
    cmsFreeToneCurve(curve);
    return bytes;
}

// A press whose inks are ideal filters: linear R = (1 - C)(1 - K) and so on, seen in the primaries of sRGB.
std::string idealPress() {
    cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
    cmsSetProfileVersion(profile, 2.4);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 4, 3);
    cmsStage* table = cmsStageAllocCLut16bit(nullptr, 17, 4, 3, nullptr);
    const auto sample = [](const cmsUInt16Number in[], cmsUInt16Number out[], void* toLab) -> cmsInt32Number {
        double rgb[3];
        for (int c = 0; c < 3; ++c) rgb[c] = (1 - in[c] / 65535.0) * (1 - in[3] / 65535.0);
        cmsCIELab lab;
        cmsDoTransform(toLab, rgb, &lab, 1);
        cmsFloat2LabEncodedV2(out, &lab);
        return 1;
    };
    cmsHPROFILE srgb = cmsCreate_sRGBProfile();
    cmsHPROFILE lab = cmsCreateLab2Profile(nullptr);
    cmsHTRANSFORM toLab =
        cmsCreateTransform(srgb, TYPE_RGB_DBL, lab, TYPE_Lab_DBL, INTENT_RELATIVE_COLORIMETRIC, 0);
    cmsStageSampleCLut16bit(table, sample, toLab, 0);
    cmsDeleteTransform(toLab);
    cmsCloseProfile(lab);
    cmsCloseProfile(srgb);
    cmsPipelineInsertStage(pipeline, cmsAT_END, table);
    for (const auto tag : {cmsSigAToB0Tag, cmsSigAToB1Tag}) cmsWriteTag(profile, tag, pipeline);
    cmsPipelineFree(pipeline);
    return bytesOf(profile);
}

RawImage raw(int channels, std::initializer_list<int> values) {
    RawImage image;
    image.allocate(int(values.size()) / channels, 1, channels);
    std::size_t i = 0;
    for (const int value : values) image.data[i++] = std::uint8_t(value);
    return image;
}

}  // namespace

class TestColor : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void recognisesSrgb() {
        QVERIFY(isSrgbProfile(bytesOf(cmsCreate_sRGBProfile())));
        const cmsCIExyYTRIPLE adobe{{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
        QVERIFY(!isSrgbProfile(rgbProfile(adobe, 2.2)));
        const cmsCIExyYTRIPLE srgb{{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
        QVERIFY(!isSrgbProfile(rgbProfile(srgb, 1.0)));  // the same primaries, another curve
        QVERIFY(!isSrgbProfile("garbage"));
        QVERIFY(!isSrgbProfile(""));
    }
    void wideGamutGreenMovesOut() {
        const cmsCIExyYTRIPLE adobe{{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
        RawImage image = raw(3, {128, 128, 128, 60, 200, 60});
        image.icc = rgbProfile(adobe, 2.19921875);
        QVERIFY(convertToSrgb(image));
        for (int c = 0; c < 3; ++c)
            QVERIFY(std::abs(int(image.data[c]) - 127) <= 2);  // neutral stays neutral
        QVERIFY(image.data[3] < 20 && image.data[4] >= 200);
    }
    void cmykThroughItsProfile() {
        // Paper, ideal cyan, half black, full black: what the press above makes of them.
        const auto expected = [](double c, double k) { return int(std::lround(255 * (1 - c) * (1 - k))); };
        for (const bool inverted : {false, true}) {
            RawImage image = raw(4, {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 255});
            if (inverted) {
                for (std::size_t i = 0; i < image.byteSize(); ++i)
                    image.data[i] = std::uint8_t(255 - image.data[i]);
            }
            image.cmyk = true;
            image.inkInverted = inverted;
            image.icc = idealPress();
            QVERIFY(convertToSrgb(image));
            QCOMPARE(image.channels, 3);
            const int reds[4] = {expected(0, 0), expected(1, 0), expected(0, 128 / 255.0), expected(0, 1)};
            const int greens[4] = {255, 255, expected(0, 128 / 255.0), 0};
            for (int i = 0; i < 4; ++i) {
                QVERIFY2(std::abs(int(image.data[3 * i]) - reds[i]) <= 4,
                         qPrintable(QString("%1: %2, not %3").arg(i).arg(image.data[3 * i]).arg(reds[i])));
                QVERIFY2(std::abs(int(image.data[3 * i + 1]) - greens[i]) <= 4,
                         qPrintable(QString("%1: %2").arg(i).arg(image.data[3 * i + 1])));
            }
        }
    }
    void grayAndAlphaSurvive() {
        const cmsCIExyY d50{0.3457, 0.3585, 1.0};
        cmsToneCurve* linear = cmsBuildGamma(nullptr, 1.0);
        const std::string profile = bytesOf(cmsCreateGrayProfile(&d50, linear));
        cmsFreeToneCurve(linear);
        RawImage image = raw(2, {55, 10, 255, 200});
        image.icc = profile;
        QVERIFY(convertToSrgb(image));
        QCOMPARE(image.channels, 4);
        QVERIFY(std::abs(int(image.data[0]) - 128) <= 2);  // linear 0.216 is 0.5 in sRGB
        QCOMPARE(int(image.data[3]), 10);
        QCOMPARE(int(image.data[7]), 200);
    }
    void grayTiffsUseTheirProfile() {
        const cmsCIExyY d50{0.3457, 0.3585, 1.0};
        cmsToneCurve* linear = cmsBuildGamma(nullptr, 1.0);
        const std::string profile = bytesOf(cmsCreateGrayProfile(&d50, linear));
        cmsFreeToneCurve(linear);
        for (const auto& tiff :
             {test::grayTiff("\x37", 8, 0, profile), test::grayTiff("\x37\x37", 16, 0, profile)}) {
            const auto decoded = decodeImage(tiff, "gray.tif");
            QVERIFY(decoded.has_value());
            QVERIFY(std::abs(int(decoded->image.row(0)[0]) - 128) <= 2);
            QVERIFY(std::ranges::find(decoded->conversions, Conversion::IccToSrgb) !=
                    decoded->conversions.end());
        }
    }
    void profilesOfAnotherModelAreNotUsed() {
        RawImage image = raw(3, {1, 2, 3});
        image.icc = idealPress();
        QVERIFY(!convertToSrgb(image));
        QCOMPARE(int(image.data[2]), 3);
    }
};

QTEST_GUILESS_MAIN(TestColor)
#include "tst_color.moc"
