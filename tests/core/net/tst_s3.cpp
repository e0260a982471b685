// SPDX-License-Identifier: GPL-3.0-or-later
// Signature Version 4 against the examples that Amazon publishes for S3, its configuration files, XML
// answers.
#include <QTest>

#include "core/net/s3_client.h"

using namespace atelier;
using namespace atelier::net;

namespace {

const S3Keys kKeys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const std::string kHost = "examplebucket.s3.amazonaws.com";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string signatureOf(const S3Message& message) {
    const auto lines = signedHeaders(message, kKeys, "us-east-1", "20130524T000000Z");
    return lines.back().substr(lines.back().rfind('=') + 1);
}

}  // namespace

class TestS3 : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void publishedSignatures() {
        QCOMPARE(signatureOf({"GET", kHost, "/test.txt", {}, {{"Range", "bytes=0-9"}}, kEmpty}),
                 std::string("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
        QCOMPARE(signatureOf({"PUT",
                              kHost,
                              "/test%24file.text",
                              {},
                              {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                               {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                              "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}),
                 std::string("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
        QCOMPARE(signatureOf({"GET", kHost, "/", {{"lifecycle", ""}}, {}, kEmpty}),
                 std::string("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
        QCOMPARE(signatureOf({"GET", kHost, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmpty}),
                 std::string("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    }
    void anonymousRequestsAreNotSigned() {
        for (const auto& line :
             signedHeaders({"GET", kHost, "/a", {}, {}, kEmpty}, {}, "us-east-1", "20130524T000000Z"))
            QVERIFY(!line.starts_with("Authorization"));
    }
    void queries() {
        QCOMPARE(canonicalQuery({{"uploads", ""}, {"a/b", "c d+é"}, {"a", "~"}}),
                 std::string("a=~&a%2Fb=c%20d%2B%C3%A9&uploads="));
    }
    void addresses() {
        const auto url = parseS3Url("s3://bucket/a/b c.tar").value();
        QCOMPARE(url.bucket, std::string("bucket"));
        QCOMPARE(url.key, std::string("a/b c.tar"));
        QCOMPARE(parseS3Url("s3://bucket").value().key, std::string());
        for (const char* bad : {"s3://", "s3:///a", "s3://a b/c", "http://bucket/a", "s3://x/y"})
            QVERIFY(!parseS3Url(bad));
    }
    void profiles() {
        const auto ini = parseAwsIni(
            "# mine\n[default]\nregion = eu-west-1\n; old\n[profile lab]\nendpoint_url = http://lab:9000\ns3 "
            "=\n"
            "  addressing_style = path\n  max_queue_size=1\nregion=x\n[plain]\naws_access_key_id=A=B\n");
        QCOMPARE(ini.at("default").at("region"), std::string("eu-west-1"));
        QCOMPARE(ini.at("lab").at("s3.addressing_style"), std::string("path"));
        QCOMPARE(ini.at("lab").at("region"), std::string("x"));
        QCOMPARE(ini.at("plain").at("aws_access_key_id"), std::string("A=B"));
    }
    void answers() {
        const std::string xml =
            "<?xml version=\"1.0\"?><R "
            "xmlns=\"http://x/\"><Contents><Key>a&amp;b&#x27;</Key><KeyCount>7</KeyCount>"
            "</Contents><Contents><Key>c</Key></Contents><Empty/></R>";
        const auto entries = xmlTexts(xml, "Contents");
        QCOMPARE(entries.size(), std::size_t{2});
        QCOMPARE(xmlText(entries[0], "Key"), std::string("a&b'"));
        QCOMPARE(xmlText(entries[1], "Key"), std::string("c"));
        QCOMPARE(xmlTexts(xml, "Empty").size(), std::size_t{1});
        QCOMPARE(xmlText("<a><b", "b"), std::string());
    }
};

QTEST_GUILESS_MAIN(TestS3)
#include "tst_s3.moc"
