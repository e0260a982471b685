// SPDX-License-Identifier: GPL-3.0-or-later
// Embedded colour profiles → sRGB by Little CMS.
#include <lcms2.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/data/codecs.h"

namespace atelier::data {
namespace {

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct CloseTransform {
    void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
struct CloseContext {
    void operator()(cmsContext context) const { cmsDeleteContext(context); }
};
using Context = std::unique_ptr<_cmsContext_struct, CloseContext>;
using Profile = std::unique_ptr<void, CloseProfile>;
using Transform = std::unique_ptr<void, CloseTransform>;

// A context of its own keeps broken profiles silent and threads apart.
Context quietContext() {
    Context context(cmsCreateContext(nullptr, nullptr));
    cmsSetLogErrorHandlerTHR(context.get(), [](cmsContext, cmsUInt32Number, const char*) {});
    return context;
}

double srgbCurve(double x) {
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}

bool nearPrimary(cmsHPROFILE profile, cmsTagSignature tag, double x, double y, double z) {
    constexpr double kTolerance = 0.003;  // ICC v2 and v4 editions of sRGB differ by 0.001
    const auto* value = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, tag));
    return value && std::abs(value->X - x) < kTolerance && std::abs(value->Y - y) < kTolerance &&
           std::abs(value->Z - z) < kTolerance;
}

bool nearSrgbCurve(cmsHPROFILE profile, cmsTagSignature tag) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag));
    if (!curve) return false;
    for (double x : {0.02, 0.1, 0.3, 0.5, 0.7, 0.9}) {
        if (std::abs(cmsEvalToneCurveFloat(curve, float(x)) - srgbCurve(x)) > 0.004)
            return false;  // half a level at 8 bits
    }
    return true;
}

}  // namespace

bool isSrgbProfile(std::string_view icc) {
    const Context context = quietContext();
    const Profile profile(cmsOpenProfileFromMemTHR(context.get(), icc.data(), cmsUInt32Number(icc.size())));
    if (!profile || cmsGetColorSpace(profile.get()) != cmsSigRgbData) return false;
    if (cmsIsTag(profile.get(), cmsSigAToB0Tag)) return false;
    // sRGB primaries adapted to D50 (IEC 61966-2-1, Bradford).
    return nearPrimary(profile.get(), cmsSigRedColorantTag, 0.4361, 0.2225, 0.0139) &&
           nearPrimary(profile.get(), cmsSigGreenColorantTag, 0.3851, 0.7169, 0.0971) &&
           nearPrimary(profile.get(), cmsSigBlueColorantTag, 0.1431, 0.0606, 0.7141) &&
           nearSrgbCurve(profile.get(), cmsSigRedTRCTag) && nearSrgbCurve(profile.get(), cmsSigGreenTRCTag) &&
           nearSrgbCurve(profile.get(), cmsSigBlueTRCTag);
}

bool convertToSrgb(RawImage& raw) {
    const bool gray = raw.channels <= 2;
    const bool alpha = !raw.cmyk && raw.channels % 2 == 0;
    const Context context = quietContext();
    const Profile from(
        cmsOpenProfileFromMemTHR(context.get(), raw.icc.data(), cmsUInt32Number(raw.icc.size())));
    const Profile to(cmsCreate_sRGBProfileTHR(context.get()));
    if (!from || !to) return false;
    const auto space = raw.cmyk ? cmsSigCmykData : gray ? cmsSigGrayData : cmsSigRgbData;
    if (cmsGetColorSpace(from.get()) != space) return false;
    cmsUInt32Number inType = TYPE_RGB_8;
    if (raw.cmyk)
        inType = raw.inkInverted ? TYPE_CMYK_8_REV : TYPE_CMYK_8;
    else if (gray)
        inType = alpha ? TYPE_GRAYA_8 : TYPE_GRAY_8;
    else if (alpha)
        inType = TYPE_RGBA_8;
    const cmsUInt32Number outType = alpha ? TYPE_RGBA_8 : TYPE_RGB_8;
    const cmsUInt32Number flags = cmsFLAGS_BLACKPOINTCOMPENSATION | (alpha ? cmsFLAGS_COPY_ALPHA : 0u);
    const Transform transform(cmsCreateTransformTHR(context.get(), from.get(), inType, to.get(), outType,
                                                    INTENT_RELATIVE_COLORIMETRIC, flags));
    if (!transform) return false;
    RawImage out;
    out.allocate(raw.width, raw.height, alpha ? 4 : 3);
    for (int y = 0; y < raw.height; ++y)
        cmsDoTransform(transform.get(), raw.row(y), out.row(y), cmsUInt32Number(raw.width));
    raw.data = std::move(out.data);
    raw.channels = out.channels;
    if (gray) raw.conversions.push_back(Conversion::GrayToRgb);
    raw.cmyk = false;
    return true;
}

}  // namespace atelier::data
