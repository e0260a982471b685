// SPDX-License-Identifier: GPL-3.0-or-later
// Finds atelier-engine and checks that it is the version this studio speaks to. Owned by app/studio; the
// status bar and the pages show what it says.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

class QProcess;

namespace atelier {

enum class EngineState {
    Unknown,  // not looked for yet
    Searching,
    Ready,
    OtherVersion,  // answers, but with another version: training is off, datasets and runs can be looked at
    Missing,
    Broken,  // there, but does not start or does not answer
};

struct EngineInfo {
    EngineState state = EngineState::Unknown;
    QString path;     // absolute; "" when missing
    QString version;  // "0.1.0"
    QString problem;  // what, where, why, what to do; "" when ready
    bool usable() const { return state == EngineState::Ready; }
};

class EngineLocator : public QObject {
    Q_OBJECT
  public:
    explicit EngineLocator(QObject* parent = nullptr);
    ~EngineLocator() override;

    const EngineInfo& info() const { return info_; }
    // Looks at `chosen` (the setting; may be empty), then beside the studio, then in PATH; asks the first
    // that exists for its version. Asynchronous: changed() follows within 5 s.
    void locate(const QString& chosen = {});
    // Where it looks, in order; the first that can be executed wins.
    static QStringList candidates(const QString& chosen);

  Q_SIGNALS:
    void changed(const atelier::EngineInfo& info);

  private:
    void settle(EngineState state, const QString& version, const QString& problem);
    EngineInfo info_;
    QProcess* process_ = nullptr;
};

}  // namespace atelier
