// SPDX-License-Identifier: GPL-3.0-or-later
// Languages of the studio: English in the sources, others as resources/translations/atelier_*.ts. app/studio
// makes one; scripts/translations keeps the files up to the sources.
#pragma once

#include <QString>
#include <QTranslator>
#include <string_view>

class QCoreApplication;

namespace atelier {

// Pseudo: English 40 % longer, between marks, to see what is not translated or has no room (--language
// en-XA).
enum class Language { System, English, German, Pseudo };

// "de" → German, "en" → English, anything else → System.
Language languageNamed(const QString& code);
QString languageCode(Language language);

// A text of the core in the language shown: labels and helps of the schema (ATELIER_TR), drop reasons,
// issues.
QString translated(std::string_view english);

// Source texts are English with "%n image(s)"; this gives them their singular and plural.
class EnglishPlurals : public QTranslator {
    Q_OBJECT
  public:
    using QTranslator::QTranslator;
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

// One language's texts. A text has one translation wherever it stands, so the context is not asked.
class Catalogue : public QTranslator {
    Q_OBJECT
  public:
    using QTranslator::QTranslator;
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

class PseudoTexts : public QTranslator {
    Q_OBJECT
  public:
    static constexpr QChar kOpen{0x00a1}, kClose{0x00bf};  // ¡ and ¿ enclose what was translated
    using QTranslator::QTranslator;
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

// Installs what a language needs into the application: texts, Qt's own texts where they are installed,
// numbers and dates. Made anew for another language, before any text is shown.
class Languages {
  public:
    Languages(QCoreApplication& app, Language language);
    ~Languages();
    Languages(const Languages&) = delete;
    Languages& operator=(const Languages&) = delete;
    Language shown() const { return shown_; }  // never System

  private:
    QCoreApplication& app_;
    Language shown_;
    EnglishPlurals english_;
    Catalogue texts_;
    PseudoTexts pseudo_;
    QTranslator qt_;
};

}  // namespace atelier
