// SPDX-License-Identifier: GPL-3.0-or-later
// W&B's transaction log, which `wandb sync` uploads: records of protocol buffers in a LevelDB log with a
// header of its own. Bytes only; wandb_offline.cpp decides what is written when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/tracking/wandb_log.h"
#include "core/tracking/wire.h"

namespace atelier::tracking::wandb {

// Frames records: 32 KiB blocks of chunks, each with CRC-32, length and type. Starts with the file's header.
class RecordFramer {
  public:
    // Bytes to append to the file for the next record; numbers it.
    std::string frame(const Message& body);

  private:
    std::size_t position_ = 0;  // in the file
    std::int64_t number_ = 0;
};

// Bodies of records; the framer adds the number.
Message headerRecord();
Message runRecord(const Identity& identity, const Json& config, const run::RunStarted& started,
                  double startTime);
Message historyRecord(const Json& line);
Message systemRecord(const Json& line);
Message consoleRecord(const ConsoleLine& line);
Message summaryRecord(const Json& summary);
Message filesRecord(const std::string& name, bool media);
Message exitRecord(int code, double runtime);

}  // namespace atelier::tracking::wandb
