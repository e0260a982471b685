// SPDX-License-Identifier: GPL-3.0-or-later
// core/net's S3 client as a program for s3_test.py: one operation, its result as a line of JSON, an error on
// stderr.
#include <cstdio>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/net/fetch_file.h"
#include "core/net/s3_client.h"

using namespace atelier;

namespace {

Result<Json> run(const std::vector<std::string>& words) {
    ATELIER_TRY(auto settings, net::s3SettingsFromEnvironment());
    settings.firstWaitSeconds = 0.02;
    net::S3Client client(settings);
    const std::string& verb = words.at(0);
    if (verb == "fetch") {
        net::FetchOptions options;
        options.firstWaitSeconds = 0.02;
        ATELIER_DO(net::fetchFile(words.at(1), words.at(2), options));
        return Json(true);
    }
    ATELIER_TRY(const auto url, net::parseS3Url(words.at(1)));
    if (verb == "head") {
        ATELIER_TRY(const auto object, client.head(url));
        if (!object) return Json();
        return Json{{"size", object->size}, {"etag", object->etag}, {"md5", object->etagIsMd5}};
    }
    if (verb == "list") {
        ATELIER_TRY(const auto objects, client.list(url));
        Json list = Json::array();
        for (const auto& object : objects) list.push_back({object.key, object.size});
        return list;
    }
    if (verb == "read") {
        ATELIER_TRY(const auto text, client.read(url));
        return Json(text);
    }
    if (verb == "put") ATELIER_DO(client.put(url, words.at(2)));
    if (verb == "put-file") ATELIER_DO(client.putFile(url, words.at(2)));
    if (verb == "remove") ATELIER_DO(client.remove(url));
    if (verb == "copy") {
        ATELIER_TRY(const auto to, net::parseS3Url(words.at(2)));
        ATELIER_DO(client.copy(url, to));
    }
    return Json(true);
}

}  // namespace

int main(int argc, char** argv) {
    const auto result = run({argv + 1, argv + argc});
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        return exitCode(result.error().code);
    }
    std::printf("%s\n", dumpJson(*result).c_str());
    return 0;
}
