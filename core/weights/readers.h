// SPDX-License-Identifier: GPL-3.0-or-later
// Whether other programs take a model as it is, by the rules of their readers. Used by inspect.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/weights/inspect.h"

namespace atelier {

// Of one file, by its tensors: A1111, ComfyUI, diffusers and kohya's sd-scripts, PEFT where it is its own.
// Empty for tensors that nobody knows.
std::vector<Reader> readersOf(const TensorVerdict& verdict, std::span<const TensorInfo> tensors);
// Of a pipeline folder with nothing missing.
std::vector<Reader> folderReaders(const std::string& family, const std::string& variant);

// "by their rules it is read by: …; not by …"
std::string describeReaders(const std::vector<Reader>& readers);

}  // namespace atelier
