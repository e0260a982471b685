// SPDX-License-Identifier: GPL-3.0-or-later
// attention() of fused_ops.h: our own loops for narrow heads on the CPU, LibTorch's kernels everywhere else.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "core/engine/nn/attention_kernels.h"
#include "core/engine/nn/fused_ops.h"

namespace atelier::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kWidestHead = 64;  // beyond it matrix products dominate, and the library's are better
constexpr std::int64_t kQueriesPerTask = 256;  // forward with few heads: pieces for all threads

// One head's rows out of [B,S,C] as packed float32, and back.
template <class T>
void packRows(const T* from, std::int64_t stride, std::int64_t rows, std::int64_t width, float* to,
              std::int64_t paddedRows, std::int64_t paddedWidth) {
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t d = 0; d < width; ++d)
            to[r * paddedWidth + d] = static_cast<float>(from[r * stride + d]);
        for (std::int64_t d = width; d < paddedWidth; ++d) to[r * paddedWidth + d] = 0;
    }
    std::fill(to + rows * paddedWidth, to + paddedRows * paddedWidth, 0.0F);
}
template <class T>
void unpackRows(const float* from, std::int64_t rows, std::int64_t width, std::int64_t paddedWidth, T* to,
                std::int64_t stride) {
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t d = 0; d < width; ++d)
            to[r * stride + d] = static_cast<T>(from[r * paddedWidth + d]);
}

struct Sizes {
    std::int64_t batch, queries, keys, channels, heads, width, paddedWidth, paddedQueries, paddedKeys;
    Sizes(const at::Tensor& q, const at::Tensor& k, std::int64_t headCount)
        : batch(q.size(0)),
          queries(q.size(1)),
          keys(k.size(1)),
          channels(q.size(2)),
          heads(headCount),
          width(channels / heads),
          paddedWidth((width + kHeadWidthStep - 1) / kHeadWidthStep * kHeadWidthStep),
          paddedQueries(nn::paddedQueries(queries)),
          paddedKeys(nn::paddedKeys(keys)) {}
    float scale() const { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(width))); }
    std::int64_t offset(std::int64_t sample, std::int64_t head, std::int64_t rows) const {
        return sample * rows * channels + head * width;
    }
};

// Several arrays in one aligned allocation of this thread.
class Workspace {
  public:
    explicit Workspace(std::int64_t floats)
        : memory_(at::empty({floats + 16}, at::kFloat)), next_(memory_.mutable_data_ptr<float>()) {}
    float* take(std::int64_t floats) {
        float* start = next_;
        next_ += (floats + 15) / 16 * 16;  // keeps every array on a cache line
        return start;
    }

  private:
    at::Tensor memory_;
    float* next_;
};

template <class T>
void forwardHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out,
                  const at::Tensor& logSum, const Sizes& s) {
    const T *qData = q.const_data_ptr<T>(), *kData = k.const_data_ptr<T>(), *vData = v.const_data_ptr<T>();
    T* outData = out.mutable_data_ptr<T>();
    float* logData = logSum.mutable_data_ptr<float>();
    const bool whole = s.batch * s.heads >= 2 * at::get_num_threads();
    const std::int64_t piece = whole ? s.paddedQueries : kQueriesPerTask,
                       pieces = (s.queries + piece - 1) / piece;
    at::parallel_for(0, s.batch * s.heads * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t rows = std::min(piece, s.paddedQueries), w = s.paddedWidth;
        Workspace workspace(2 * (rows + s.paddedKeys) * w + headScratch(w) + 128);
        float *qRows = workspace.take(rows * w), *kRows = workspace.take(s.paddedKeys * w),
              *vRows = workspace.take(s.paddedKeys * w), *outRows = workspace.take(rows * w),
              *scratch = workspace.take(headScratch(w));
        std::int64_t packedHead = -1;
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t index = task / pieces, first = task % pieces * piece,
                               count = std::min(piece, s.queries - first);
            const std::int64_t sample = index / s.heads, head = index % s.heads;
            const std::int64_t qStart = s.offset(sample, head, s.queries) + first * s.channels,
                               kStart = s.offset(sample, head, s.keys);
            packRows(qData + qStart, s.channels, count, s.width, qRows, paddedQueries(count), w);
            if (index != packedHead) {
                packRows(kData + kStart, s.channels, s.keys, s.width, kRows, s.paddedKeys, w);
                packRows(vData + kStart, s.channels, s.keys, s.width, vRows, s.paddedKeys, w);
                packedHead = index;
            }
            headForward(qRows, kRows, vRows, outRows, logData + index * s.paddedQueries + first, scratch,
                        {count, s.keys, w, s.scale()});
            unpackRows(outRows, count, s.width, w, outData + qStart, s.channels);
        }
    });
}

template <class T>
void backwardHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out,
                   const at::Tensor& dOut, const at::Tensor& logSum, const at::Tensor& dq,
                   const at::Tensor& dk, const at::Tensor& dv, const Sizes& s) {
    const T *qData = q.const_data_ptr<T>(), *kData = k.const_data_ptr<T>(), *vData = v.const_data_ptr<T>(),
            *outData = out.const_data_ptr<T>(), *gradData = dOut.const_data_ptr<T>();
    T *dqData = dq.mutable_data_ptr<T>(), *dkData = dk.mutable_data_ptr<T>(),
      *dvData = dv.mutable_data_ptr<T>();
    const float* logData = logSum.const_data_ptr<float>();
    at::parallel_for(0, s.batch * s.heads, 1, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t w = s.paddedWidth, queries = s.paddedQueries * w, keys = s.paddedKeys * w;
        Workspace workspace(3 * queries + 4 * keys + s.paddedQueries + headScratch(w) + 256);
        float *qRows = workspace.take(queries), *gradRows = workspace.take(queries),
              *dqRows = workspace.take(queries), *kRows = workspace.take(keys), *vRows = workspace.take(keys),
              *dkRows = workspace.take(keys), *dvRows = workspace.take(keys),
              *dots = workspace.take(s.paddedQueries), *scratch = workspace.take(headScratch(w));
        for (std::int64_t index = begin; index < end; ++index) {
            const std::int64_t sample = index / s.heads, head = index % s.heads;
            const std::int64_t qStart = s.offset(sample, head, s.queries),
                               kStart = s.offset(sample, head, s.keys);
            packRows(outData + qStart, s.channels, s.queries, s.width, dqRows, s.paddedQueries, w);
            packRows(gradData + qStart, s.channels, s.queries, s.width, gradRows, s.paddedQueries, w);
            for (std::int64_t r = 0; r < s.paddedQueries; ++r) {
                float sum = 0;
                for (std::int64_t d = 0; d < w; ++d) sum += dqRows[r * w + d] * gradRows[r * w + d];
                dots[r] = sum;
            }
            packRows(qData + qStart, s.channels, s.queries, s.width, qRows, s.paddedQueries, w);
            packRows(kData + kStart, s.channels, s.keys, s.width, kRows, s.paddedKeys, w);
            packRows(vData + kStart, s.channels, s.keys, s.width, vRows, s.paddedKeys, w);
            std::fill(dkRows, dkRows + keys, 0.0F);
            std::fill(dvRows, dvRows + keys, 0.0F);
            headBackward(qRows, kRows, vRows, gradRows, logData + index * s.paddedQueries, dots, dqRows,
                         dkRows, dvRows, scratch, {s.queries, s.keys, w, s.scale()});
            unpackRows(dqRows, s.queries, s.width, w, dqData + qStart, s.channels);
            unpackRows(dkRows, s.keys, s.width, w, dkData + kStart, s.channels);
            unpackRows(dvRows, s.keys, s.width, w, dvData + kStart, s.channels);
        }
    });
}

class HeadsFunction : public torch::autograd::Function<HeadsFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& qGiven, const at::Tensor& kGiven,
                              const at::Tensor& vGiven, std::int64_t heads) {
        const at::Tensor q = qGiven.contiguous(), k = kGiven.contiguous(), v = vGiven.contiguous();
        const Sizes s(q, k, heads);
        const at::Tensor out = at::empty_like(q), logSum = at::empty({s.batch * s.heads, s.paddedQueries},
                                                                     q.options().dtype(at::kFloat));
        q.scalar_type() == at::kFloat ? forwardHeads<float>(q, k, v, out, logSum, s)
                                      : forwardHeads<at::BFloat16>(q, k, v, out, logSum, s);
        context->save_for_backward({q, k, v, out, logSum});
        context->saved_data["heads"] = heads;
        return out;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &logSum = saved[4];
        const Sizes s(q, k, context->saved_data["heads"].toInt());
        const at::Tensor dOut = gradients[0].to(q.scalar_type()).contiguous();
        const at::Tensor dq = at::empty_like(q), dk = at::empty_like(k), dv = at::empty_like(v);
        if (q.scalar_type() == at::kFloat)
            backwardHeads<float>(q, k, v, out, dOut, logSum, dq, dk, dv, s);
        else
            backwardHeads<at::BFloat16>(q, k, v, out, dOut, logSum, dq, dk, dv, s);
        return {dq, dk, dv, {}};
    }
};

bool ownLoopsFit(const at::Tensor& q, const at::Tensor& k, std::int64_t heads) {
    return q.device().is_cpu() && (q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16) &&
           k.scalar_type() == q.scalar_type() && q.size(2) / heads <= kWidestHead;
}

}  // namespace

at::Tensor attention(const at::Tensor& q_BSC, const at::Tensor& k_BTC, const at::Tensor& v_BTC,
                     std::int64_t heads, bool causal, bool upcast) {
    if (!causal && ownLoopsFit(q_BSC, k_BTC, heads))
        return HeadsFunction::apply(q_BSC, k_BTC, v_BTC, heads);  // float32 inside: upcast is free
    const auto split = [&](const at::Tensor& t) {
        return t.view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2);
    };
    const at::Tensor q = split(q_BSC), k = split(k_BTC), v = split(v_BTC);
    at::Tensor out;
    if (upcast && q.scalar_type() != at::kFloat) {
        const c10::impl::ExcludeDispatchKeyGuard guard(at::autocast_dispatch_keyset);
        out = at::scaled_dot_product_attention(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), {}, 0.0,
                                               causal)
                  .to(q.scalar_type());
    } else {
        out = at::scaled_dot_product_attention(q, k, v, {}, 0.0, causal);
    }
    return out.transpose(1, 2).reshape(q_BSC.sizes());
}

}  // namespace atelier::nn
