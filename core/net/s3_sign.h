// SPDX-License-Identifier: GPL-3.0-or-later
// AWS Signature Version 4 for S3, as a pure function: libcurl's own differs from version to version.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::net {

struct S3Keys {
    std::string access;  // "": anonymous, nothing is signed
    std::string secret;
    std::string session;  // of temporary keys
};

struct S3Message {
    std::string method;  // "GET"
    std::string host;    // "bucket.s3.eu-west-1.amazonaws.com", with the port where it is not the usual one
    std::string path;    // percent-encoded once
    std::vector<std::pair<std::string, std::string>> query;    // not encoded, any order
    std::vector<std::pair<std::string, std::string>> headers;  // that are signed beside host and x-amz-*
    std::string payloadHash;                                   // SHA-256 in hex, or UNSIGNED-PAYLOAD
};

std::string hexOfBytes(std::string_view bytes);  // two lower-case digits each
// "a=1&b=%2F", sorted and encoded as it is signed and sent.
std::string canonicalQuery(const std::vector<std::pair<std::string, std::string>>& query);

// Header lines to send: those of the message, x-amz-date, x-amz-content-sha256, x-amz-security-token,
// Authorization. `time`: "20130524T000000Z".
std::vector<std::string> signedHeaders(const S3Message& message, const S3Keys& keys,
                                       const std::string& region, const std::string& time);

}  // namespace atelier::net
