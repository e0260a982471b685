// SPDX-License-Identifier: GPL-3.0-or-later
// One studio per desktop session: a second start gives its files to the first one, which comes to the front.
// Without a session bus every start is a studio of its own. Used by main().
#pragma once

#include <QObject>
#include <QStringList>

namespace atelier {

class SingleInstance : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.atelier.Atelier")
  public:
    // `service`: tests give a name of their own.
    explicit SingleInstance(const QString& service = QStringLiteral("org.atelier.Atelier"));
    // True: another studio has taken the paths (made absolute here); this start is done. False: this is the
    // first.
    bool handOver(const QStringList& paths);

  public Q_SLOTS:
    void open(const QStringList& paths);  // over the bus; none: only come to the front

  Q_SIGNALS:
    void opened(const QStringList& paths);

  private:
    QString service_;
};

}  // namespace atelier
