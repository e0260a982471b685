// SPDX-License-Identifier: GPL-3.0-or-later
// The precompiled header of core/engine: LibTorch without its data loaders, and the std headers that everyone
// uses. Sources still include what they use; this only makes it cheap.
#pragma once

#ifndef _OPENMP
#error \
    "core/engine is compiled with -fopenmp (scripts/cmake): at::parallel_for would run on one thread without it"
#endif

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <string>
#include <vector>
