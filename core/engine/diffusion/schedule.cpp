// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/diffusion/schedule.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace atelier {
namespace {

template <class T>
using NameTable = std::vector<std::pair<std::string, T>>;

const NameTable<BetaSchedule>& betaScheduleNames() {
    static const NameTable<BetaSchedule> table{{"linear", BetaSchedule::Linear},
                                               {"scaled_linear", BetaSchedule::ScaledLinear},
                                               {"squaredcos_cap_v2", BetaSchedule::SquaredCosCapV2},
                                               {"sigmoid", BetaSchedule::Sigmoid}};
    return table;
}

const NameTable<PredictionType>& predictionTypeNames() {
    static const NameTable<PredictionType> table{{"epsilon", PredictionType::Epsilon},
                                                 {"v_prediction", PredictionType::VPrediction},
                                                 {"sample", PredictionType::Sample}};
    return table;
}

const NameTable<TimestepSpacing>& timestepSpacingNames() {
    static const NameTable<TimestepSpacing> table{{"leading", TimestepSpacing::Leading},
                                                  {"linspace", TimestepSpacing::Linspace},
                                                  {"trailing", TimestepSpacing::Trailing}};
    return table;
}

const NameTable<SigmaSpacing>& sigmaSpacingKeys() {
    static const NameTable<SigmaSpacing> table{{"use_karras_sigmas", SigmaSpacing::Karras},
                                               {"use_exponential_sigmas", SigmaSpacing::Exponential},
                                               {"use_beta_sigmas", SigmaSpacing::Beta}};
    return table;
}

const NameTable<bool>& finalSigmaNames() {
    static const NameTable<bool> table{{"zero", false}, {"sigma_min", true}};
    return table;
}

template <class T>
const char* nameOf(const NameTable<T>& table, T value) {
    for (const auto& [name, entry] : table)
        if (entry == value) return name.c_str();
    return "";
}

// Reads one key if it is there and not null.
class Reader {
  public:
    Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

    template <class T>
    Status get(const char* key, T& out) const {
        const auto it = json_.find(key);
        if (it == json_.end() || it->is_null()) return {};
        if constexpr (std::is_same_v<T, bool>) {
            if (!it->is_boolean()) return wrong(key, "true or false");
        } else if constexpr (std::is_arithmetic_v<T>) {
            if (!it->is_number()) return wrong(key, "a number");
        } else if (!it->is_string()) {
            return wrong(key, "a text");
        }
        out = it->template get<T>();
        return {};
    }

    template <class T>
    Status get(const char* key, std::optional<T>& out) const {
        const auto it = json_.find(key);
        if (it == json_.end() || it->is_null()) return {};
        T value{};
        ATELIER_DO(get(key, value));
        out = value;
        return {};
    }

    template <class T>
    Status choice(const char* key, const NameTable<T>& table, T& out) const {
        std::string name;
        ATELIER_DO(get(key, name));
        if (name.empty()) return {};
        std::string known;
        for (const auto& [entry, value] : table) {
            if (entry == name) {
                out = value;
                return {};
            }
            known += (known.empty() ? "" : ", ") + entry;
        }
        return fail(ErrorCode::Model, std::string(key) + " is \"" + name + "\"; known: " + known, where_);
    }

    Status numbers(const char* key, std::vector<double>& out) const {
        const auto it = json_.find(key);
        if (it == json_.end() || it->is_null()) return {};
        if (!it->is_array()) return wrong(key, "a list of numbers");
        for (const auto& value : *it) {
            if (!value.is_number()) return wrong(key, "a list of numbers");
            out.push_back(value.get<double>());
        }
        return {};
    }

    Status refuse(std::string what, std::string hint = {}) const {
        return fail(ErrorCode::Model, std::move(what), where_, std::move(hint));
    }

  private:
    Status wrong(const char* key, const char* expected) const {
        return fail(ErrorCode::Model, std::string(key) + " must be " + expected, where_);
    }
    const Json& json_;
    std::string where_;
};

at::Tensor makeBetas(const ScheduleConfig& config) {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    const int n = config.numTrainTimesteps;
    if (!config.trainedBetas.empty()) return at::tensor(config.trainedBetas, at::kDouble).to(at::kFloat);
    switch (config.betaSchedule) {
        case BetaSchedule::Linear:
            return at::linspace(config.betaStart, config.betaEnd, n, options);
        case BetaSchedule::ScaledLinear:
            return at::linspace(std::sqrt(config.betaStart), std::sqrt(config.betaEnd), n, options).pow(2);
        case BetaSchedule::Sigmoid:
            return at::linspace(-6, 6, n, options).sigmoid() * (config.betaEnd - config.betaStart) +
                   config.betaStart;
        case BetaSchedule::SquaredCosCapV2:
            break;
    }
    // Nichol & Dhariwal 2021, eq. 17, with the cap at 0.999.
    const auto bar = [](double u) {
        return std::pow(std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2), 2);
    };
    std::vector<double> betas(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i)
        betas[static_cast<std::size_t>(i)] =
            std::min(1 - bar((i + 1.0) / n) / bar(static_cast<double>(i) / n), 0.999);
    return at::tensor(betas, at::kDouble).to(at::kFloat);
}

// Lin et al. 2024, algorithm 1: shifts and scales √ᾱ so that the last step holds no signal.
at::Tensor rescaleToZeroTerminalSnr(const at::Tensor& betas) {
    auto root = (1 - betas).cumprod(0).sqrt();
    const auto first = root[0].clone();
    const auto last = root[-1].clone();
    root = (root - last) * (first / (first - last));
    const auto bar = root.pow(2);
    const auto ratios = at::cat({bar.slice(0, 0, 1), bar.slice(0, 1) / bar.slice(0, 0, -1)});
    return 1 - ratios;
}

// table[timesteps] shaped [B,1,1,…] so that it multiplies a tensor of `like`'s rank.
at::Tensor gather(const at::Tensor& table, const at::Tensor& timesteps_B, const at::Tensor& like) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
    shape[0] = timesteps_B.size(0);
    return table.index_select(0, timesteps_B).view(shape);
}

}  // namespace

// Keys that only some samplers have.
static Status readSigmaSpacing(const Reader& reader, ScheduleConfig& config) {
    int asked = 0;
    for (const auto& [key, spacing] : sigmaSpacingKeys()) {
        bool use = false;
        ATELIER_DO(reader.get(key.c_str(), use));
        if (use) config.sigmaSpacing = spacing;
        asked += use;
    }
    if (asked > 1)
        return reader.refuse(
            "only one of use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas can be true");
    for (const char* key : {"use_flow_sigmas", "use_lu_lambdas"}) {
        bool use = false;
        ATELIER_DO(reader.get(key, use));
        if (use)
            return reader.refuse(std::string(key) + " has no sampler here",
                                 "Set it to false, or use_karras_sigmas to true.");
    }
    return {};
}

static Status readSolverKeys(const Reader& reader, ScheduleConfig& config) {
    ATELIER_DO(reader.get("dynamic_thresholding_ratio", config.dynamicThresholdingRatio));
    ATELIER_DO(reader.get("sample_max_value", config.sampleMaxValue));
    ATELIER_DO(readSigmaSpacing(reader, config));
    ATELIER_DO(reader.get("skip_prk_steps", config.skipPrkSteps));
    ATELIER_DO(reader.choice("final_sigmas_type", finalSigmaNames(), config.finalSigmaIsLowest));
    ATELIER_DO(reader.get("algorithm_type", config.algorithmType));
    ATELIER_DO(reader.get("solver_type", config.solverType));
    ATELIER_DO(reader.get("solver_order", config.solverOrder));
    ATELIER_DO(reader.get("lower_order_final", config.lowerOrderFinal));
    ATELIER_DO(reader.get("euler_at_final", config.eulerAtFinal));
    ATELIER_DO(reader.get("original_inference_steps", config.originalInferenceSteps));
    return reader.get("timestep_scaling", config.timestepScaling);
}

Result<ScheduleConfig> scheduleConfigFromJson(const Json& json, const std::string& where) {
    if (!json.is_object()) return fail(ErrorCode::Model, "it holds no JSON object", where);
    ScheduleConfig config;
    const Reader reader(json, where);
    ATELIER_DO(reader.get("_class_name", config.className));
    ATELIER_DO(reader.get("num_train_timesteps", config.numTrainTimesteps));
    ATELIER_DO(reader.get("beta_start", config.betaStart));
    ATELIER_DO(reader.get("beta_end", config.betaEnd));
    ATELIER_DO(reader.choice("beta_schedule", betaScheduleNames(), config.betaSchedule));
    ATELIER_DO(reader.numbers("trained_betas", config.trainedBetas));
    ATELIER_DO(reader.choice("prediction_type", predictionTypeNames(), config.predictionType));
    ATELIER_DO(reader.get("rescale_betas_zero_snr", config.rescaleBetasZeroSnr));
    ATELIER_DO(reader.get("steps_offset", config.stepsOffset));
    ATELIER_DO(reader.get("thresholding", config.thresholding));
    if (json.contains("timestep_spacing")) {
        TimestepSpacing spacing = TimestepSpacing::Leading;
        ATELIER_DO(reader.choice("timestep_spacing", timestepSpacingNames(), spacing));
        config.timestepSpacing = spacing;
    }
    ATELIER_DO(reader.get("clip_sample", config.clipSample));
    ATELIER_DO(reader.get("clip_sample_range", config.clipSampleRange));
    ATELIER_DO(reader.get("set_alpha_to_one", config.setAlphaToOne));
    ATELIER_DO(readSolverKeys(reader, config));
    constexpr int kMostTimesteps = 1'000'000;  // the tables of all of them are held in memory
    if (config.numTrainTimesteps < 1 || config.numTrainTimesteps > kMostTimesteps)
        return fail(ErrorCode::Model,
                    "num_train_timesteps must be at least 1 and at most " + std::to_string(kMostTimesteps),
                    where);
    for (const auto& [key, beta] :
         {std::pair{"beta_start", config.betaStart}, std::pair{"beta_end", config.betaEnd}})
        if (!(beta >= 0 && beta <= 1))
            return fail(ErrorCode::Model, std::string(key) + " must be a variance from 0 to 1", where);
    if (!config.trainedBetas.empty()) config.numTrainTimesteps = static_cast<int>(config.trainedBetas.size());
    return config;
}

Json scheduleConfigToJson(const ScheduleConfig& config) {
    Json json;
    json["_class_name"] = config.className;
    json["_diffusers_version"] = "0.30.0";
    json["beta_end"] = config.betaEnd;
    json["beta_schedule"] = nameOf(betaScheduleNames(), config.betaSchedule);
    json["beta_start"] = config.betaStart;
    json["clip_sample"] = config.clipSample.value_or(false);
    json["clip_sample_range"] = config.clipSampleRange;
    json["num_train_timesteps"] = config.numTrainTimesteps;
    json["prediction_type"] = predictionTypeName(config.predictionType);
    json["rescale_betas_zero_snr"] = config.rescaleBetasZeroSnr;
    json["set_alpha_to_one"] = config.setAlphaToOne.value_or(false);
    json["steps_offset"] = config.stepsOffset;
    json["skip_prk_steps"] = config.skipPrkSteps;
    json["thresholding"] = config.thresholding;
    if (config.thresholding) {
        json["dynamic_thresholding_ratio"] = config.dynamicThresholdingRatio;
        json["sample_max_value"] = config.sampleMaxValue;
    }
    json["timestep_spacing"] =
        nameOf(timestepSpacingNames(), config.timestepSpacing.value_or(TimestepSpacing::Leading));
    if (config.sigmaSpacing != SigmaSpacing::Timesteps)
        json[nameOf(sigmaSpacingKeys(), config.sigmaSpacing)] = true;
    json["trained_betas"] = config.trainedBetas.empty() ? Json(nullptr) : Json(config.trainedBetas);
    return json;
}

std::vector<double> NoiseSchedule::sigmas() const {
    std::vector<double> result;
    result.reserve(alphaBar.size());
    for (const float bar : alphaBar) result.push_back(std::sqrt((1.0F - bar) / bar));
    return result;
}

Result<NoiseSchedule> makeNoiseSchedule(const ScheduleConfig& config, const at::Device& device) {
    NoiseSchedule schedule;
    schedule.config = config;
    at::Tensor betas = makeBetas(config);
    if (config.rescaleBetasZeroSnr) betas = rescaleToZeroTerminalSnr(betas);
    const auto bar = (1 - betas).cumprod(0).contiguous();
    schedule.alphaBar.assign(bar.const_data_ptr<float>(), bar.const_data_ptr<float>() + bar.numel());
    for (const float value : schedule.alphaBar)
        if (!(value >= 0 && value <= 1))
            return fail(ErrorCode::Model, "its betas give a noise schedule outside 0…1",
                        "scheduler_config.json");
    schedule.sqrtAlphaBar = bar.sqrt().to(device);
    schedule.sqrtOneMinusAlphaBar = (1 - bar).sqrt().to(device);
    return schedule;
}

at::Tensor addNoise(const NoiseSchedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                    const at::Tensor& timesteps_B) {
    return gather(schedule.sqrtAlphaBar, timesteps_B, x0) * x0 +
           gather(schedule.sqrtOneMinusAlphaBar, timesteps_B, x0) * noise;
}

at::Tensor predictionTarget(const NoiseSchedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                            const at::Tensor& timesteps_B) {
    switch (schedule.config.predictionType) {
        case PredictionType::Epsilon:
            return noise;
        case PredictionType::Sample:
            return x0;
        case PredictionType::VPrediction:
            break;
    }
    return gather(schedule.sqrtAlphaBar, timesteps_B, x0) * noise -
           gather(schedule.sqrtOneMinusAlphaBar, timesteps_B, x0) * x0;
}

const char* predictionTypeName(PredictionType type) {
    return nameOf(predictionTypeNames(), type);
}

}  // namespace atelier
