// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/yaml_highlighter.h"

#include "core/base/yaml.h"
#include "ui/style/tokens.h"

namespace atelier {

YamlHighlighter::YamlHighlighter(QTextDocument* document) : QSyntaxHighlighter(document) {}

// Position of the comment's #, outside quotes; size when there is none.
static int commentStart(const QString& text) {
    QChar quote;
    for (int i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (!quote.isNull()) {
            if (c == QLatin1Char('\\') && quote == QLatin1Char('"'))
                ++i;
            else if (c == quote)
                quote = QChar();
        } else if ((c == QLatin1Char('"') || c == QLatin1Char('\'')) &&
                   (i == 0 || QStringLiteral(" ,[{:").contains(text[i - 1]))) {
            quote = c;
        } else if (c == QLatin1Char('#') && (i == 0 || text[i - 1].isSpace())) {
            return i;
        }
    }
    return int(text.size());
}

void YamlHighlighter::highlightBlock(const QString& text) {
    const auto& t = style::tokens();
    const int comment = commentStart(text);
    if (comment < text.size()) setFormat(comment, int(text.size()) - comment, t.yamlComment);
    const QString code = text.left(comment);
    // Keys: up to ": " at the start and after { or , inside braces.
    int from = 0;
    for (int i = 0; i <= code.size(); ++i) {
        const bool end = i == code.size();
        const bool colon =
            !end && code[i] == QLatin1Char(':') && (i + 1 == code.size() || code[i + 1].isSpace());
        const bool separator = end || QStringLiteral(",[]{}").contains(code[i]);
        if (colon) {
            int begin = from;
            while (begin < i && (code[begin].isSpace() || (code[begin] == QLatin1Char('-') && begin + 1 < i &&
                                                           code[begin + 1].isSpace())))
                ++begin;
            setFormat(begin, i - begin, t.yamlKey);
            from = i + 1;
        } else if (separator) {
            value(code.left(i), from);
            from = i + 1;
        }
    }
}

void YamlHighlighter::value(const QString& text, int from) {
    int begin = from, end = int(text.size());
    while (begin < end && (text[begin].isSpace() ||
                           (text[begin] == QLatin1Char('-') && begin + 1 < end && text[begin + 1].isSpace())))
        ++begin;
    while (end > begin && text[end - 1].isSpace()) --end;
    if (begin >= end) return;
    const auto& t = style::tokens();
    const yaml::Kind kind = yaml::resolvePlain(text.mid(begin, end - begin).toStdString()).kind;
    const bool number = kind != yaml::Kind::String;
    setFormat(begin, end - begin,
              text.mid(begin, end - begin) == QLatin1String("?\?\?") ? t.bad
              : number                                               ? t.yamlNumber
                                                                     : t.yamlString);
}

}  // namespace atelier
