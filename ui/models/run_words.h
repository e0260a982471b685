// SPDX-License-Identifier: GPL-3.0-or-later
// Names for people: states, phases, requests, devices, counts. Used by the models and pages of runs.
#pragma once

#include <QString>
#include <cstdint>

#include "core/run/run_state.h"

namespace atelier {

QString statusWords(run::RunStatus status);    // "Running", "Not heard from"
QString phaseWords(const QString& phase);      // "load" → "Loading the model"
QString requestWords(const QString& request);  // "checkpoint" → "Checkpoint now"
QString deviceWords(const QString& device);    // "cuda:0 NVIDIA GeForce RTX 4090" → "RTX 4090, GPU 0"
QString deviceShort(const QString& device);    // "RTX 4090", "CPU"
QString countText(std::int64_t n);             // 12 345 with narrow no-break spaces
QString bytesText(std::uint64_t bytes);        // "1.2 GB"
QString lossText(double value);                // four significant digits, "1.2e-5" when small
QString leftWords(double seconds);             // "18 min left"; "estimating" below zero
QString ageWords(double then, double now);     // "today 11:20", "yesterday 17:02", "Friday 09:40", "3 May"
QString clockWords(double unixTime);           // "14:58", with the day when it is not today

}  // namespace atelier
