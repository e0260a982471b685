// SPDX-License-Identifier: GPL-3.0-or-later
// The operations of fused_ops.h as autograd functions: CPU loops of norm_kernels.h, ATen elsewhere.
#include "core/engine/nn/fused_ops.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <cmath>
#include <numeric>

#include "core/engine/nn/norm_kernels.h"
#include "core/engine/nn/products.h"

namespace atelier::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Inside our functions dtypes are explicit; autocast only decides what convolutions compute in.
struct NoAutocast {
    c10::impl::ExcludeDispatchKeyGuard guard{at::autocast_dispatch_keyset};
};
at::ScalarType computeType(const at::Tensor& x) {
    const auto device = x.device().type();
    return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device)
                                                     : x.scalar_type();
}

bool isChannelsLast(const at::Tensor& x) {
    return x.is_contiguous(at::MemoryFormat::ChannelsLast) && !x.is_contiguous();
}
at::Tensor dense(const at::Tensor& x) {
    return isChannelsLast(x) ? x : x.contiguous();
}

bool kernelFits(const at::Tensor& x) {
    return x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

NormShape normShape(const at::Tensor& x, std::int64_t groups, double eps, bool silu) {
    NormShape shape;
    shape.channels = x.size(1);
    shape.pixels = x.numel() / (x.size(0) * x.size(1));
    shape.groups = groups;
    shape.channelsLast = isChannelsLast(x);
    shape.silu = silu;
    shape.eps = static_cast<float>(eps);
    // Channels last: a task takes whole cache lines of channels (16 floats), so that threads do not share
    // them; with samples enough for all threads, longer runs. Sums are per channel: the cut changes no bit.
    const std::int64_t atLeast = x.size(0) >= 8 ? 64 : 16;
    shape.groupsPerTask = 1;
    if (shape.channelsLast)
        while ((shape.taskChannels() % 16 != 0 || shape.taskChannels() < atLeast) &&
               shape.groupsPerTask < groups) {
            ++shape.groupsPerTask;
            while (groups % shape.groupsPerTask != 0) ++shape.groupsPerTask;
        }
    return shape;
}

template <class T>
T* bits(const at::Tensor& t) {
    return static_cast<T*>(t.data_ptr());
}

// Runs one of the kernels over all tasks; `body(scratch, task)`.
template <class Body>
void forTasks(const at::Tensor& x, const NormShape& shape, Body&& body) {
    const std::int64_t tasks = x.size(0) * shape.tasksPerSample();
    const std::int64_t grain = std::max<std::int64_t>(1, 16384 / (shape.taskChannels() * shape.pixels + 1));
    at::parallel_for(0, tasks, grain, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scratch(static_cast<std::size_t>(kNormScratch * shape.taskChannels()));
        for (std::int64_t task = begin; task < end; ++task) body(scratch.data(), task);
    });
}

struct Normed {
    at::Tensor y, mean, rstd;
};

// `statistics`: mean and rstd from an earlier call, or undefined to compute them.
Normed normForwardTensor(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                         std::int64_t groups, double eps, bool silu, const Normed* statistics = nullptr) {
    const NoAutocast guard;
    if (!kernelFits(x)) {
        auto [y, mean, rstd] =
            at::native_group_norm(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), x.size(0),
                                  x.size(1), x.numel() / (x.size(0) * x.size(1)), groups, eps);
        if (silu) at::silu_(y);
        return {y, mean, rstd};
    }
    const NormShape shape = normShape(x, groups, eps, silu);
    const auto floats = x.options().dtype(at::kFloat).memory_format(std::nullopt);
    Normed out{at::empty_like(x), statistics ? statistics->mean : at::empty({x.size(0), groups}, floats),
               statistics ? statistics->rstd : at::empty({x.size(0), groups}, floats)};
    const at::Tensor gamma = weight.to(at::kFloat).contiguous(), beta = bias.to(at::kFloat).contiguous();
    const auto run = [&]<class T>(T) {
        forTasks(x, shape, [&](float* scratch, std::int64_t task) {
            normForward(bits<const T>(x), bits<float>(gamma), bits<float>(beta), bits<T>(out.y),
                        bits<float>(out.mean), bits<float>(out.rstd), scratch, shape, task,
                        statistics == nullptr);
        });
    };
    x.scalar_type() == at::kFloat ? run(float{}) : run(std::uint16_t{});
    return out;
}

struct NormGradients {
    at::Tensor x, weight, bias;
};

NormGradients normBackwardTensor(const at::Tensor& dyGiven, const at::Tensor& x, const at::Tensor& weight,
                                 const at::Tensor& bias, const Normed& statistics, std::int64_t groups,
                                 double eps, bool silu) {
    const NoAutocast guard;
    const std::int64_t n = x.size(0), c = x.size(1), pixels = x.numel() / (n * c);
    at::Tensor dy = dyGiven.to(x.scalar_type());
    dy = dy.contiguous(isChannelsLast(x) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
    if (!kernelFits(x)) {
        const at::Tensor w = weight.to(x.scalar_type()), b = bias.to(x.scalar_type());
        if (silu) {
            const at::Tensor h = std::get<0>(at::native_group_norm(x, w, b, n, c, pixels, groups, eps));
            dy = at::silu_backward(dy, h);
        }
        auto [dx, dw, db] = at::native_group_norm_backward(dy, x, statistics.mean, statistics.rstd, w, n, c,
                                                           pixels, groups, {true, true, true});
        return {dx, dw.to(weight.scalar_type()), db.to(bias.scalar_type())};
    }
    const NormShape shape = normShape(x, groups, eps, silu);
    const at::Tensor gamma = weight.to(at::kFloat).contiguous(), beta = bias.to(at::kFloat).contiguous();
    const at::Tensor dx = at::empty_like(x), dgamma = at::empty({n, c}, gamma.options()),
                     dbeta = at::empty({n, c}, gamma.options());
    const auto run = [&]<class T>(T) {
        forTasks(x, shape, [&](float* scratch, std::int64_t task) {
            normBackward(bits<const T>(dy), bits<const T>(x), bits<float>(gamma), bits<float>(beta),
                         bits<float>(statistics.mean), bits<float>(statistics.rstd), bits<T>(dx),
                         bits<float>(dgamma), bits<float>(dbeta), scratch, shape, task);
        });
    };
    x.scalar_type() == at::kFloat ? run(float{}) : run(std::uint16_t{});
    return {dx, dgamma.sum(0).to(weight.scalar_type()), dbeta.sum(0).to(bias.scalar_type())};
}

class GroupNormFunction : public torch::autograd::Function<GroupNormFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& xGiven, const at::Tensor& weight,
                              const at::Tensor& bias, std::int64_t groups, double eps, bool silu) {
        const at::Tensor x = dense(xGiven);
        const Normed out = normForwardTensor(x, weight, bias, groups, eps, silu);
        context->save_for_backward({x, weight, bias, out.mean, out.rstd});
        context->saved_data["groups"] = groups;
        context->saved_data["eps"] = eps;
        context->saved_data["silu"] = silu;
        return out.y;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto g =
            normBackwardTensor(gradients[0], saved[0], saved[1], saved[2], {{}, saved[3], saved[4]},
                               context->saved_data["groups"].toInt(), context->saved_data["eps"].toDouble(),
                               context->saved_data["silu"].toBool());
        return {g.x, g.weight, g.bias, {}, {}, {}};
    }
};

class NormSiluConvFunction : public torch::autograd::Function<NormSiluConvFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& xGiven,
                              const at::Tensor& normWeight, const at::Tensor& normBias,
                              const at::Tensor& weight, const at::Tensor& bias, std::int64_t groups,
                              double eps, std::int64_t stride, std::int64_t padding) {
        const at::ScalarType type = computeType(xGiven);
        const NoAutocast guard;
        const at::Tensor x = dense(xGiven);
        const Normed out = normForwardTensor(x, normWeight, normBias, groups, eps, true);
        context->save_for_backward({x, normWeight, normBias, out.mean, out.rstd, weight, bias});
        context->saved_data["groups"] = groups;
        context->saved_data["eps"] = eps;
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        context->saved_data["type"] = static_cast<std::int64_t>(type);
        return at::conv2d(out.y.to(type), weight.to(type), bias.to(type), {stride, stride},
                          {padding, padding});
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const NoAutocast guard;
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[5];
        const Normed statistics{{}, saved[3], saved[4]};
        const std::int64_t groups = context->saved_data["groups"].toInt(),
                           stride = context->saved_data["stride"].toInt(),
                           padding = context->saved_data["padding"].toInt();
        const double eps = context->saved_data["eps"].toDouble();
        const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
        at::Tensor dInput, dWeight, dBias;
        {
            const at::Tensor input =
                normForwardTensor(x, saved[1], saved[2], groups, eps, true, &statistics).y.to(type);
            std::tie(dInput, dWeight, dBias) =
                conv2dBackward(gradients[0].to(type), input, weight.to(type), stride, padding,
                               {true, context->needs_input_grad(3), context->needs_input_grad(4)});
        }
        const auto g = normBackwardTensor(dInput, x, saved[1], saved[2], statistics, groups, eps, true);
        if (dWeight.defined()) dWeight = dWeight.to(weight.scalar_type());
        if (dBias.defined()) dBias = dBias.to(saved[6].scalar_type());
        return {g.x, g.weight, g.bias, dWeight, dBias, {}, {}, {}, {}};
    }
};

class GegluFunction : public torch::autograd::Function<GegluFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
        const NoAutocast guard;
        context->save_for_backward({x});
        const auto halves = x.chunk(2, -1);
        return at::gelu(halves[1]).mul_(halves[0]);
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const NoAutocast guard;
        const at::Tensor x = context->get_saved_variables()[0];
        const auto halves = x.chunk(2, -1);
        const at::Tensor dx = at::empty_like(x), dy = gradients[0].to(x.scalar_type());
        const auto out = dx.chunk(2, -1);
        at::Tensor value = out[0], gate = out[1];
        at::gelu_out(value, halves[1]);
        value.mul_(dy);
        at::gelu_backward_out(gate, dy * halves[0], halves[1]);
        return {dx};
    }
};

class CheckpointedFunction : public torch::autograd::Function<CheckpointedFunction> {
  public:
    struct Holder : torch::CustomClassHolder {
        CheckpointFunction function;
    };
    // `tensors`: the function's inputs, then the parameters that only backward needs to know.
    static at::Tensor forward(AutogradContext* context, const CheckpointFunction& function,
                              std::int64_t inputCount, at::TensorList tensors) {
        auto holder = c10::make_intrusive<Holder>();
        holder->function = function;
        context->saved_data["function"] = c10::IValue::make_capsule(holder);
        context->saved_data["inputs"] = inputCount;
        context->save_for_backward(tensors.vec());
        return function({tensors.begin(), tensors.begin() + inputCount});
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto inputCount = static_cast<std::size_t>(context->saved_data["inputs"].toInt());
        const auto holder = context->saved_data["function"].toCapsule();
        std::vector<at::Tensor> inputs;
        variable_list wanted;
        std::vector<std::size_t> place;
        for (std::size_t i = 0; i < saved.size(); ++i) {
            at::Tensor tensor = saved[i];
            if (i < inputCount)
                inputs.push_back(tensor = saved[i].detach().set_requires_grad(saved[i].requires_grad()));
            if (!tensor.requires_grad()) continue;
            wanted.push_back(tensor);
            place.push_back(i);
        }
        at::Tensor output;
        {
            const at::AutoGradMode recording(true);
            output = static_cast<Holder&>(*holder).function(inputs);
        }
        const auto found = torch::autograd::grad({output}, wanted, {gradients[0]}, false, false, true);
        variable_list result(2 + saved.size());
        for (std::size_t i = 0; i < place.size(); ++i) result[2 + place[i]] = found[i];
        return result;
    }
};

}  // namespace

at::Tensor groupNorm(const at::Tensor& x_BCHW, const GroupNorm& norm, bool silu) {
    return GroupNormFunction::apply(x_BCHW, norm.weight, norm.bias, norm.groups, norm.eps, silu);
}

at::Tensor normSiluConv(const at::Tensor& x_BCHW, const GroupNorm& norm, const Conv2d& conv) {
    if (conv.packed.fits(x_BCHW)) return conv.forward(groupNorm(x_BCHW, norm, true));
    return NormSiluConvFunction::apply(x_BCHW, norm.weight, norm.bias, conv.weight, conv.bias, norm.groups,
                                       norm.eps, conv.stride, conv.padding);
}

at::Tensor geglu(const at::Tensor& x) {
    return GegluFunction::apply(x);
}

at::Tensor checkpoint(const CheckpointFunction& function, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& parameters) {
    std::vector<at::Tensor> tensors = inputs;
    for (const auto& parameter : parameters)
        if (parameter.requires_grad()) tensors.push_back(parameter);
    return CheckpointedFunction::apply(function, static_cast<std::int64_t>(inputs.size()),
                                       at::TensorList(tensors));
}

at::Tensor timestepEmbedding(const at::Tensor& timesteps_B, std::int64_t width, bool flipSinToCos,
                             double freqShift) {
    const NoAutocast guard;
    const std::int64_t half = width / 2;
    const auto options = timesteps_B.options().dtype(at::kFloat);
    const at::Tensor exponent =
        at::arange(half, options) * -std::log(10000.0) / (static_cast<double>(half) - freqShift);
    const at::Tensor angle = timesteps_B.to(at::kFloat).unsqueeze(1) * at::exp(exponent).unsqueeze(0);
    const at::Tensor sine = at::sin(angle), cosine = at::cos(angle);
    return flipSinToCos ? at::cat({cosine, sine}, 1) : at::cat({sine, cosine}, 1);
}

}  // namespace atelier::nn
