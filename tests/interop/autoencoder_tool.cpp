// SPDX-License-Identifier: GPL-3.0-or-later
// For autoencoder_train_test.py: what autoencoders are judged by. Tensors come in and go out as safetensors
// files.
//   autoencoder_tool lpips IN OUT WEIGHTS [BACKBONE]        first, second → distance, grad
//   autoencoder_tool adversarial IN OUT hinge|mse           pixels, features, last, target, main.* → terms
//   and gradients autoencoder_tool codebook IN OUT DECAY                  codebook, latents.N, indices.N →
//   codebook
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "core/engine/models/lpips.h"
#include "core/engine/train/autoencoder_loss.h"

using namespace atelier;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

Result<NamedTensors> lpips(Tensors& in, const fs::path& weights, const fs::path& backbone) {
    ATELIER_TRY(const auto network, loadLpips(weights, backbone));
    auto second = in["second"].requires_grad_(true);
    const auto distance = network->forward(in["first"], second);
    distance.sum().backward();
    return NamedTensors{{"distance", distance}, {"grad", second.grad()}};
}

// A decoder of one 1×1 convolution `last` over `features`, compared with `target` by its squares.
Result<NamedTensors> adversarial(Tensors& in, const std::string& kind) {
    const auto side = static_cast<int>(in["pixels"].size(2));
    PatchDiscriminatorOptions options{3, 8, 2};
    if (options.patches(side) < 1) return fail(ErrorCode::Usage, "too small");
    const auto network = makePatchDiscriminator(options, 1);
    for (const auto& [name, parameter] : namedParameters(*network)) {
        const at::NoGradGuard noGrad;
        parameter.copy_(in.at(name));
    }
    train::DiscriminatorSettings settings;
    settings.loss = kind == "mse" ? train::DiscriminatorLoss::Mse : train::DiscriminatorLoss::Hinge;
    auto last = in["last"].requires_grad_(true);
    const auto reconstruction = at::conv2d(in["features"], last);
    const auto likeness = (reconstruction - in["target"]).square().mean();
    const auto terms =
        train::adversarialLoss(*network, settings, in["pixels"], reconstruction, likeness, last);
    (likeness + terms.generator + terms.discriminator).backward();
    NamedTensors out{{"generator", terms.generator},
                     {"discriminator", terms.discriminator},
                     {"weight", terms.weight},
                     {"patches", at::scalar_tensor(options.patches(side))},
                     {"grad.last", last.grad()}};
    for (const auto& [name, parameter] : namedParameters(*network))
        out.emplace_back("grad." + name, parameter.grad());
    return out;
}

Result<NamedTensors> codebook(Tensors& in, double decay) {
    train::CodebookAverage average(in["codebook"], decay);
    for (int i = 0; in.contains(fmt::format("latents.{}", i)); ++i)
        average.add(in[fmt::format("latents.{}", i)], in[fmt::format("indices.{}", i)]);
    return average.state();
}

Status run(int argc, char** argv) {
    const std::string verb = argv[1];
    ATELIER_TRY(auto list, readTensors(argv[2]));
    Tensors in(list.begin(), list.end());
    auto out = verb == "lpips"         ? lpips(in, argv[4], argc > 5 ? argv[5] : "")
               : verb == "adversarial" ? adversarial(in, argv[4])
                                       : codebook(in, std::stod(argv[4]));
    ATELIER_DO(out);
    for (auto& [name, tensor] : *out) tensor = tensor.detach().to(at::kFloat).contiguous();
    return writeTensors(argv[3], *out);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const Status status = run(argc, argv);
    if (!status) std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return status ? 0 : 1;
}
