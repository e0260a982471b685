// SPDX-License-Identifier: GPL-3.0-or-later
// Passwords from the text of a netrc file.
#include <QTest>

#include "core/net/netrc.h"

using namespace atelier;

class TestNetrc : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void passwords_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("password");
        const auto row = [](const char* name, const char* text, const char* password) {
            QTest::newRow(name) << QString(text) << QString(password);
        };
        row("as wandb login writes it", "machine api.wandb.ai\n  login user\n  password abc\n", "abc");
        row("one line", "machine other password x machine api.wandb.ai login user password abc", "abc");
        row("another machine", "machine api.wandb.ai.evil login user password abc", "");
        row("a login called password", "machine api.wandb.ai login password password abc", "abc");
        row("comment", "# machine api.wandb.ai password no\nmachine api.wandb.ai password abc", "abc");
        row("quoted", "machine api.wandb.ai password \"a b\\\"c\"", "a b\"c");
        row("default", "machine other password no\ndefault login u password abc", "abc");
        row("default comes last", "default password no machine api.wandb.ai password abc", "abc");
        row("no password", "machine api.wandb.ai login user", "");
        row("cut", "machine api.wandb.ai password", "");
        row("empty", "", "");
    }
    void passwords() {
        QFETCH(QString, text);
        QFETCH(QString, password);
        QCOMPARE(net::netrcPassword(text.toStdString(), "api.wandb.ai"), password.toStdString());
    }
};

QTEST_GUILESS_MAIN(TestNetrc)
#include "tst_netrc.moc"
