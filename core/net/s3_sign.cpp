// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/s3_sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/net/http.h"

namespace atelier::net {
namespace {

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

// Without outer spaces, inner runs as one.
std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : trim(text))
        if (c != ' ' || !out.ends_with(' ')) out += c;
    return out;
}

}  // namespace

std::string hexOfBytes(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<std::uint8_t>(c) >> 4];
        out += kDigits[static_cast<std::uint8_t>(c) & 15];
    }
    return out;
}

std::string canonicalQuery(const std::vector<std::pair<std::string, std::string>>& query) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(percentEncode(name, false), percentEncode(value, false));
    std::sort(encoded.begin(), encoded.end());  // by name, not by name=value
    std::vector<std::string> parts;
    for (const auto& [name, value] : encoded) parts.push_back(name + "=" + value);
    return join(parts, "&");
}

std::vector<std::string> signedHeaders(const S3Message& message, const S3Keys& keys,
                                       const std::string& region, const std::string& time) {
    std::map<std::string, std::string> headers{{"x-amz-content-sha256", message.payloadHash},
                                               {"x-amz-date", time}};
    if (!keys.session.empty()) headers["x-amz-security-token"] = keys.session;
    for (const auto& [name, value] : message.headers) headers[toLowerAscii(name)] = squeezed(value);
    std::vector<std::string> lines;
    for (const auto& [name, value] : headers) lines.push_back(name + ": " + value);
    if (keys.access.empty()) return lines;

    headers["host"] = message.host;
    std::string canonical =
        message.method + "\n" + message.path + "\n" + canonicalQuery(message.query) + "\n";
    std::string names;
    for (const auto& [name, value] : headers) {
        canonical += name + ":" + value + "\n";
        names += (names.empty() ? "" : ";") + name;
    }
    canonical += "\n" + names + "\n" + message.payloadHash;
    const std::string date = time.substr(0, 8);
    const std::string scope = date + "/" + region + "/s3/aws4_request";
    const std::string toSign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256Hex(canonical);
    const std::string key = hmac(hmac(hmac(hmac("AWS4" + keys.secret, date), region), "s3"), "aws4_request");
    lines.push_back("Authorization: AWS4-HMAC-SHA256 Credential=" + keys.access + "/" + scope +
                    ",SignedHeaders=" + names + ",Signature=" + hexOfBytes(hmac(key, toSign)));
    return lines;
}

}  // namespace atelier::net
