// SPDX-License-Identifier: GPL-3.0-or-later
// The template gallery: a card per template, and below the chosen one what it still needs. Part of the
// Configure page.
#pragma once

#include <QAbstractButton>
#include <QScrollArea>
#include <QTimer>

class QVBoxLayout;
class QLabel;

namespace atelier {

class ConfigDocument;
class EmptyState;
class TemplateModel;
struct ConfigTemplate;

class TemplateCard : public QAbstractButton {
    Q_OBJECT
  public:
    TemplateCard(const ConfigTemplate& from, QWidget* parent = nullptr);
    QSize sizeHint() const override { return {300, 172}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

  private:
    QString about_, needs_, icon_;
};

class ConfigureGallery : public QScrollArea {
    Q_OBJECT
  public:
    ConfigureGallery(TemplateModel& templates, ConfigDocument& document, QWidget* parent = nullptr);
    // Text to begin with for a template, by its row; the page begins the document.
    void choose(int row);
    int chosen() const { return chosen_; }
    void setSearch(const QString& text);

  Q_SIGNALS:
    void templateChosen(int row);
    void openFormRequested();
    void startRequested();
    void queueRequested();

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void rebuild();
    void arrange();
    void showNothing(bool nothing);
    void showNeeds();
    void deriveClass();
    TemplateModel& templates_;
    ConfigDocument& document_;
    QWidget* content_;
    QWidget* grid_;
    QVBoxLayout* needs_;
    EmptyState* nothing_;
    QLabel* needsTitle_;
    QWidget* needsCard_;
    QLabel* plan_;
    QString search_;
    std::vector<TemplateCard*> cards_;
    int chosen_ = -1;
    QTimer derive_;         // runs while the subject is being typed
    QString derivedClass_;  // what it said last; a class of the user's own stays
    QTimer reveal_;         // runs for a moment after a card was chosen
};

}  // namespace atelier
