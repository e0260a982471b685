// SPDX-License-Identifier: GPL-3.0-or-later
// Colours keys, texts, numbers and comments of a YAML text, line by line. Used by YamlEditor.
#pragma once

#include <QSyntaxHighlighter>

namespace atelier {

class YamlHighlighter : public QSyntaxHighlighter {
    Q_OBJECT
  public:
    explicit YamlHighlighter(QTextDocument* document);

  protected:
    void highlightBlock(const QString& text) override;

  private:
    void value(const QString& text, int from);
};

}  // namespace atelier
