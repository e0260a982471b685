// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl+K: type a few letters of an action, page or object, Enter. Opened by MainWindow with everything there
// is.
#pragma once

#include <QFrame>
#include <functional>
#include <vector>

class QLineEdit;
class QListView;

namespace atelier {

struct PaletteEntry {
    QString text;   // "Build shards"
    QString where;  // "Datasets", or a path
    QString keys;   // "Ctrl+B"
    QString iconName;
    std::function<void()> run;
};

// How well `pattern` fits `text`: -1 not at all; higher is better. Letters must occur in order; beginnings of
// words and runs of letters count more.
int fuzzyScore(const QString& pattern, const QString& text);

class CommandPalette : public QFrame {
    Q_OBJECT
  public:
    CommandPalette(QWidget* window, std::vector<PaletteEntry> entries);
    int shownCount() const { return int(shown_.size()); }

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    class Model;
    void filter(const QString& text);
    void run(int row);
    std::vector<PaletteEntry> entries_;
    std::vector<int> shown_;
    Model* model_;
    QLineEdit* field_;
    QListView* list_;
};

}  // namespace atelier
