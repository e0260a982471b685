// SPDX-License-Identifier: GPL-3.0-or-later
// Source texts are English with "%n image(s)"; this gives them their singular and plural. Other languages
// bring .qm files.
#pragma once

#include <QTranslator>

namespace atelier {

class EnglishPlurals : public QTranslator {
    Q_OBJECT
  public:
    using QTranslator::QTranslator;
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

}  // namespace atelier
