// SPDX-License-Identifier: GPL-3.0-or-later
// A whole studio on a project with pictures, runs and models, and a walk through everything that it shows:
// for tests that ask the same of every page and sheet. Names of data begin with "zz", so that they can be
// told from the studio's own words.
#pragma once

#include <QString>
#include <QTemporaryDir>
#include <functional>
#include <memory>
#include <vector>

#include "app/studio/studio.h"
#include "tests/support/fake_run.h"

class QAction;

namespace atelier::test {

class StudioWalk {
  public:
    // `engine`: its path; "" = none, which is shown, too.
    StudioWalk(const QString& language, const QString& engine, double textScale = 1,
               const QSize& size = {1440, 900});
    ~StudioWalk();
    Studio& studio() { return *studio_; }
    MainWindow& window();
    // Every page, tab and sheet, one after another; each is settled before `look` is called with its name.
    void visit(const std::function<void(const QString& name)>& look);
    static void settle(int ms = 120);

  private:
    void makeData();
    QAction* action(const char* english);
    void closeSheets();
    QTemporaryDir dir_;
    QString pictures_, runs_;
    std::vector<std::unique_ptr<FakeRun>> fakes_;
    std::unique_ptr<Studio> studio_;
};

}  // namespace atelier::test
