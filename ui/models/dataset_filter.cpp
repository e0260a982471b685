// SPDX-License-Identifier: GPL-3.0-or-later
// Recursive descent over the filter's tokens: expression = term {OR term}, term = factor {[AND] factor}.
#include "ui/models/dataset_filter.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "core/base/strings.h"

namespace atelier {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(DatasetFilter)
};

// Splits at blanks outside quotes; parentheses stand alone.
QStringList tokensOf(const QString& text) {
    QStringList tokens;
    QString word;
    bool quoted = false;
    const auto push = [&] {
        if (!word.isEmpty()) tokens << word;
        word.clear();
    };
    for (const QChar c : text) {
        if (c == QLatin1Char('"')) {
            quoted = !quoted;
            word += c;
        } else if (!quoted && c.isSpace()) {
            push();
        } else if (!quoted && (c == QLatin1Char('(') || c == QLatin1Char(')'))) {
            push();
            tokens << QString(c);
        } else {
            word += c;
        }
    }
    push();
    return tokens;
}

QString unquoted(QString text) {
    return text.remove(QLatin1Char('"'));
}

bool hasTag(const QString& caption, const QString& tag) {
    const auto parts = QStringView(caption).split(QLatin1Char(','));
    return std::any_of(parts.begin(), parts.end(), [&](QStringView part) {
        return part.trimmed().compare(tag, Qt::CaseInsensitive) == 0;
    });
}

// ">60", "<=512", "60": a comparison with a number; nullopt when it is none.
std::optional<std::function<bool(double)>> comparison(QString text) {
    QString op;
    while (!text.isEmpty() && QStringLiteral("<>=").contains(text[0])) {
        op += text[0];
        text.remove(0, 1);
    }
    bool ok = false;
    const double limit = text.toDouble(&ok);
    if (!ok) return std::nullopt;
    if (op == QLatin1String(">")) return [limit](double v) { return v > limit; };
    if (op == QLatin1String(">=")) return [limit](double v) { return v >= limit; };
    if (op == QLatin1String("<")) return [limit](double v) { return v < limit; };
    if (op == QLatin1String("<=")) return [limit](double v) { return v <= limit; };
    if (op.isEmpty() || op == QLatin1String("=")) return [limit](double v) { return v == limit; };
    return std::nullopt;
}

class Parser {
  public:
    Parser(const QString& text, const FilterContext& context) : tokens_(tokensOf(text)), context_(context) {}

    ParsedFilter parse() {
        if (tokens_.isEmpty()) return {};
        EntryPredicate all = expression();
        if (error_.isEmpty() && at_ < tokens_.size())
            error_ = Words::tr("A closing bracket has no opening one.");
        return error_.isEmpty() ? ParsedFilter{std::move(all), {}} : ParsedFilter{{}, error_};
    }

  private:
    EntryPredicate expression() {
        EntryPredicate left = term();
        while (at_ < tokens_.size() && tokens_[at_] == QLatin1String("OR")) {
            ++at_;
            left = [a = std::move(left), b = term()](const DatasetEntry& e) { return a(e) || b(e); };
        }
        return left;
    }

    EntryPredicate term() {
        EntryPredicate left;
        while (at_ < tokens_.size() && tokens_[at_] != QLatin1String("OR") &&
               tokens_[at_] != QLatin1String(")")) {
            if (tokens_[at_] == QLatin1String("AND")) {
                ++at_;
                continue;
            }
            EntryPredicate next = factor();
            left = left ? EntryPredicate([a = std::move(left), b = std::move(next)](const DatasetEntry& e) {
                return a(e) && b(e);
            })
                        : std::move(next);
        }
        if (!left) {
            if (error_.isEmpty()) error_ = Words::tr("A condition is missing.");
            left = [](const DatasetEntry&) { return true; };
        }
        return left;
    }

    EntryPredicate factor() {
        QString token = tokens_[at_++];
        if (token == QLatin1String("(")) {
            EntryPredicate inner = expression();
            if (at_ < tokens_.size())
                ++at_;
            else
                error_ = Words::tr("An opening bracket is not closed.");
            return inner;
        }
        const bool negated = token.size() > 1 && token[0] == QLatin1Char('-');
        if (negated) token.remove(0, 1);
        EntryPredicate one = condition(token);
        if (!negated) return one;
        return [a = std::move(one)](const DatasetEntry& e) { return !a(e); };
    }

    EntryPredicate condition(const QString& token) {
        const qsizetype colon = token.indexOf(QLatin1Char(':'));
        if (colon <= 0 || token[0] == QLatin1Char('"')) return word(unquoted(token));
        const QString key = token.left(colon).toLower(), value = unquoted(token.mid(colon + 1));
        if (key == QLatin1String("tag"))
            return [value](const DatasetEntry& e) { return hasTag(e.caption(), value); };
        if (key == QLatin1String("caption"))
            return
                [value](const DatasetEntry& e) { return e.caption().contains(value, Qt::CaseInsensitive); };
        if (key == QLatin1String("name"))
            return [value](const DatasetEntry& e) { return e.name().contains(value, Qt::CaseInsensitive); };
        if (key == QLatin1String("source"))
            return [value, name = context_.sourceName](const DatasetEntry& e) {
                return name && name(int(e.source)).contains(value, Qt::CaseInsensitive);
            };
        if (key == QLatin1String("missing") && value == QLatin1String("caption"))
            return look(Look::NoCaption);
        if (key == QLatin1String("missing") && value == QLatin1String("mask")) return look(Look::NoMask);
        if (key == QLatin1String("missing") && value == QLatin1String("control"))
            return look(Look::NoCondition);
        if (key == QLatin1String("is")) return state(value);
        return number(key, value);
    }

    EntryPredicate word(const QString& text) {
        return [text](const DatasetEntry& e) {
            return e.caption().contains(text, Qt::CaseInsensitive) ||
                   e.name().contains(text, Qt::CaseInsensitive);
        };
    }

    EntryPredicate look(Look which) {
        return [which, limit = context_.tokenLimit](const DatasetEntry& e) { return e.is(which, limit); };
    }

    EntryPredicate state(const QString& value) {
        const std::pair<const char*, Look> states[] = {
            {"excluded", Look::Excluded}, {"duplicate", Look::Duplicate}, {"unreadable", Look::Unreadable},
            {"small", Look::TooSmall},    {"edited", Look::Edited},       {"toolong", Look::CaptionTooLong}};
        for (const auto& [name, which] : states)
            if (value == QLatin1String(name)) return look(which);
        return unknown(QStringLiteral("is:") + value, {"is:excluded", "is:duplicate", "is:unreadable",
                                                       "is:small", "is:edited", "is:toolong"});
    }

    EntryPredicate number(const QString& key, const QString& value) {
        std::function<double(const DatasetEntry&)> read;
        if (key == QLatin1String("tokens"))
            read = [](const DatasetEntry& e) { return double(e.tokens); };
        else if (key == QLatin1String("width"))
            read = [](const DatasetEntry& e) { return double(e.width); };
        else if (key == QLatin1String("height"))
            read = [](const DatasetEntry& e) { return double(e.height); };
        else if (key == QLatin1String("ratio"))
            read = [](const DatasetEntry& e) { return e.height ? double(e.width) / e.height : 0.0; };
        else
            return unknown(key + QLatin1Char(':'),
                           {"tag:", "caption:", "name:", "source:", "tokens:", "width:", "height:", "ratio:",
                            "missing:caption", "missing:mask", "missing:control", "is:"});
        const auto compare = comparison(value);
        if (!compare) {
            error_ = Words::tr("%1 needs a number, such as %1>60.").arg(key + QLatin1Char(':'));
            return [](const DatasetEntry&) { return true; };
        }
        return [read, compare = *compare](const DatasetEntry& e) { return compare(read(e)); };
    }

    EntryPredicate unknown(const QString& what, const std::vector<std::string>& known) {
        const QString near = QString::fromStdString(nearestName(what.toStdString(), known));
        error_ = near.isEmpty() ? Words::tr("There is no filter %1.").arg(what)
                                : Words::tr("There is no filter %1. Did you mean %2?").arg(what, near);
        return [](const DatasetEntry&) { return true; };
    }

    QStringList tokens_;
    FilterContext context_;
    qsizetype at_ = 0;
    QString error_;
};
}  // namespace

ParsedFilter parseFilter(const QString& text, const FilterContext& context) {
    return Parser(text, context).parse();
}

}  // namespace atelier
