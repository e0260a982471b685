// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/languages.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>

static void initialiseResource() {  // outside of any namespace, as Qt asks
    Q_INIT_RESOURCE(translations);
}

namespace atelier {
namespace {

// As scripts/translations writes it.
constexpr const char* kContext = "Atelier";

Language ofSystem() {
    return QLocale::system().language() == QLocale::German ? Language::German : Language::English;
}

QLocale::Language spoken(Language language) {
    return language == Language::German ? QLocale::German : QLocale::English;
}

// Of the user's own locale where it speaks the language (which may be Austria's or Canada's).
QLocale localeFor(Language chosen) {
    const QLocale system = QLocale::system();
    if (chosen == Language::System || system.language() == spoken(chosen)) return system;
    if (chosen == Language::English && system.language() == QLocale::C) return system;
    return QLocale(spoken(chosen));
}

// Null: as it is.
QString inEnglish(QString text, int n) {
    if (n < 0 || !text.contains(QLatin1String("(s)"))) return {};
    return text.replace(QLatin1String("(s)"), n == 1 ? QString() : QStringLiteral("s"));
}

}  // namespace

Language languageNamed(const QString& code) {
    if (code == QLatin1String("de")) return Language::German;
    if (code == QLatin1String("en-XA")) return Language::Pseudo;
    return code == QLatin1String("en") ? Language::English : Language::System;
}

QString languageCode(Language language) {
    return language == Language::German    ? QStringLiteral("de")
           : language == Language::Pseudo  ? QStringLiteral("en-XA")
           : language == Language::English ? QStringLiteral("en")
                                           : QStringLiteral("system");
}

QString translated(std::string_view english) {
    if (english.empty()) return {};
    return QCoreApplication::translate(kContext, std::string(english).c_str());
}

QString EnglishPlurals::translate(const char*, const char* source, const char*, int n) const {
    return inEnglish(QString::fromUtf8(source), n);
}

QString Catalogue::translate(const char*, const char* source, const char* disambiguation, int n) const {
    return QTranslator::translate(kContext, source, disambiguation, n);
}

// Keys and file patterns stay, since they are read and not shown as they are.
QString PseudoTexts::translate(const char* context, const char* source, const char*, int n) const {
    const QString text = QString::fromUtf8(source);
    static const QRegularExpression read(
        QStringLiteral("^((Ctrl|Shift|Alt)\\+.*|.*\\(\\*\\..*\\)|%\\d|[^A-Za-z]*)$"));
    if (read.match(text).hasMatch() || QByteArrayView(context) == "QShortcut") return {};
    const QString plural = inEnglish(text, n);
    const QString words = plural.isNull() ? text : plural;
    return kOpen + words +
           QStringLiteral("\u00e9").repeated(std::max<qsizetype>(1, words.size() * 2 / 5 - 2)) + kClose;
}

Languages::Languages(QCoreApplication& app, Language language)
    : app_(app), shown_(language == Language::System ? ofSystem() : language) {
    initialiseResource();
    QLocale::setDefault(localeFor(language));
    app_.installTranslator(&english_);
    if (shown_ == Language::Pseudo) app_.installTranslator(&pseudo_);
    if (shown_ != Language::German) return;
    const QString code = languageCode(shown_);
    if (qt_.load(QStringLiteral("qtbase_") + code, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        app_.installTranslator(&qt_);
    if (texts_.load(QStringLiteral(":/translations/atelier_") + code)) app_.installTranslator(&texts_);
}

Languages::~Languages() {
    app_.removeTranslator(&pseudo_);
    app_.removeTranslator(&texts_);
    app_.removeTranslator(&qt_);
    app_.removeTranslator(&english_);
    QLocale::setDefault(QLocale::system());
}

}  // namespace atelier
