// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/comparison_report.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include "ui/models/comparison_table.h"
#include "ui/models/run_words.h"

namespace atelier {

namespace {
struct Report {
    Q_DECLARE_TR_FUNCTIONS(Report)
};

QString escaped(const QString& text) {
    return text.toHtmlEscaped();
}

QString picture(const SampleEntry* entry) {
    if (entry == nullptr) return {};
    QFile file(entry->file);
    if (entry->file.isEmpty() || !file.open(QIODevice::ReadOnly))
        return QStringLiteral("<span class=none>%1</span>")
            .arg(escaped(entry->failure.isEmpty() ? Report::tr("not readable") : entry->failure));
    const QString suffix = QFileInfo(entry->file).suffix().toLower();
    const QString kind = suffix == QLatin1String("jpg") ? QStringLiteral("jpeg") : suffix;
    return QStringLiteral("<img alt=\"%1\" src=\"data:image/%2;base64,%3\">")
        .arg(escaped(entry->prompt), kind, QString::fromLatin1(file.readAll().toBase64()));
}
}  // namespace

QByteArray comparisonReport(RunComparison& comparison, const ComparisonTable& table, const QByteArray& curves,
                            const QStringList& colours) {
    QString html =
        QStringLiteral("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>%1</title>\n<style>")
            .arg(escaped(Report::tr("Comparison of runs")));
    html += QStringLiteral(
        "body{font:14px/1.45 system-ui,sans-serif;margin:32px;color:#1f2024;background:#fff;max-width:1280px}"
        "h1{font-size:22px}h2{font-size:16px;margin:28px 0 8px}table{border-collapse:collapse}"
        "td,th{padding:3px 12px 3px 0;text-align:right;vertical-align:top}"
        "td:first-child,th:first-child{text-align:left}tr.head td{font-weight:600;padding-top:12px}"
        "code{font:12px "
        "ui-monospace,monospace}.dot{display:inline-block;width:14px;height:4px;border-radius:2px;"
        "margin-right:6px;vertical-align:middle}img{width:112px;image-rendering:auto;border-radius:6px}"
        ".none,.note{color:#6b6c72}.curves svg{max-width:100%;height:auto}.scroll{overflow-x:auto}"
        "</style></head><body>\n");
    html +=
        QStringLiteral("<h1>%1</h1>\n<p class=note>%2</p>\n")
            .arg(
                escaped(Report::tr("Comparison of %n run(s)", nullptr, int(comparison.runs().size()))),
                escaped(Report::tr(
                            "Made by Atelier on %1. Training loss is not quality: trust the samples and the "
                            "validation loss.")
                            .arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH:mm")))));
    html += QStringLiteral("<p>");
    for (const auto& run : comparison.runs())
        html += QStringLiteral("<span class=dot style=\"background:%1\"></span>%2 &nbsp; ")
                    .arg(colours.value(run.colour), escaped(run.name));
    html += QStringLiteral("</p>\n<div class=curves>");
    // The picture without its XML declaration, which has no place within a page.
    html += QString::fromUtf8(curves.mid(std::max<qsizetype>(0, curves.indexOf("<svg"))));
    html += QStringLiteral("</div>\n<table><tr><th></th>");
    for (int c = 1; c < table.columnCount(); ++c)
        html += QStringLiteral("<th>%1</th>").arg(escaped(table.headerData(c, Qt::Horizontal).toString()));
    html += QStringLiteral("</tr>\n");
    for (int r = 0; r < table.rowCount(); ++r) {
        const bool heading = table.index(r, 0).data(ComparisonTable::HeadingRole).toBool();
        html += heading ? QStringLiteral("<tr class=head>") : QStringLiteral("<tr>");
        for (int c = 0; c < table.columnCount(); ++c)
            html += QStringLiteral("<td>%1</td>").arg(escaped(table.index(r, c).data().toString()));
        html += QStringLiteral("</tr>\n");
    }
    html += QStringLiteral("</table>\n");
    const SampleModel& samples = comparison.samples();
    if (samples.steps() > 0) {
        html += QStringLiteral("<h2>%1</h2>\n<div class=scroll><table><tr><th></th>")
                    .arg(escaped(Report::tr("Same prompt: %1").arg(comparison.prompt())));
        for (int c = 0; c < samples.steps(); ++c)
            html +=
                QStringLiteral("<th>%1</th>").arg(escaped(samples.headerData(c, Qt::Horizontal).toString()));
        html += QStringLiteral("</tr>\n");
        for (int r = 0; r < samples.prompts(); ++r) {
            html += QStringLiteral("<tr><td>%1</td>").arg(escaped(samples.prompt(r)));
            for (int c = 0; c < samples.steps(); ++c)
                html += QStringLiteral("<td>%1</td>").arg(picture(samples.entry(r, c)));
            html += QStringLiteral("</tr>\n");
        }
        html += QStringLiteral("</table></div>\n");
    }
    html += QStringLiteral("</body></html>\n");
    return html.toUtf8();
}

}  // namespace atelier
