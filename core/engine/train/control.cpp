// SPDX-License-Identifier: GPL-3.0-or-later
// What is particular to training a ControlNet: its start and its files. The task is that of text to image.
#include <ATen/ATen.h>

#include "core/engine/eval/denoiser.h"
#include "core/engine/train/task.h"
#include "core/weights/dialects/convert.h"

namespace atelier::train {
Status beginControl(Pipeline& pipeline, const Settings& settings, const LoadOptions& load) {
    const auto& init = settings.control->init;
    if (init.empty()) {
        ATELIER_TRY(pipeline.controlNet, controlNetFromUnet(*pipeline.unet, settings.seed, "rgb", 3,
                                                            pipeline.vae->config().downscale()));
    } else {
        ATELIER_TRY(pipeline.controlNet, loadControlNet(init, load));
        eval::GenerateOptions size;
        size.width = size.height = settings.plan.resolution;
        const eval::Control control{pipeline.controlNet, at::zeros({1, 3, size.height, size.width})};
        if (auto fits = eval::checkControl(pipeline, control, size); !fits) {
            fits.error().where = "method.init: " + init.string();
            return fits;
        }
    }
    freeze(*pipeline.unet);
    pipeline.unet->to(settings.computeType);
    pipeline.controlNet->to(settings.device);
    pipeline.controlNet->train();
    pipeline.controlNet->setGradientCheckpointing(settings.gradientCheckpointing);
    return {};
}

Status writeControl(const Pipeline& pipeline, const NamedTensors& weights, const std::string& name,
                    const fs::path& folder) {
    SaveOptions options;
    options.weights = splitByComponent(weights);
    ATELIER_DO(saveControlNet(*pipeline.controlNet, folder, options));
    ATELIER_DO(createDirectories(folder / "a1111"));
    ConvertOptions single;
    single.dtype = TensorType::F16;
    ATELIER_TRY(const auto written, convertModel(folder, folder / "a1111" / (name + ".safetensors"), single));
    static_cast<void>(written);
    return {};
}

}  // namespace atelier::train
