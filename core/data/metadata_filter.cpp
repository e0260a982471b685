// SPDX-License-Identifier: GPL-3.0-or-later
// Parser and evaluation of metadata filters.
#include "core/data/metadata_filter.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/strings.h"

namespace atelier::data {
namespace {

constexpr std::pair<std::string_view, Comparison> kOperators[] = {
    {"<=", Comparison::LessEqual}, {">=", Comparison::GreaterEqual}, {"==", Comparison::Equal},
    {"!=", Comparison::NotEqual},  {"<", Comparison::Less},          {">", Comparison::Greater}};

bool holds(double value, Comparison comparison, double number) {
    switch (comparison) {
        case Comparison::Less:
            return value < number;
        case Comparison::LessEqual:
            return value <= number;
        case Comparison::Greater:
            return value > number;
        case Comparison::GreaterEqual:
            return value >= number;
        case Comparison::Equal:
            return value == number;
        case Comparison::NotEqual:
            return value != number;
    }
    return false;
}

void skipBlanks(std::string_view& text) {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
}

}  // namespace

Result<std::vector<FilterCondition>> parseFilter(const std::string& field, std::string_view expression) {
    const auto wrong = [&](std::string what) {
        return fail(ErrorCode::Config, fmt::format("the filter \"{}\" {}", expression, what),
                    "dataset.params.filters." + field,
                    "Write a comparison with a number: \"<=0.5\", \">=512\", or several joined by \"and\".");
    };
    std::vector<FilterCondition> conditions;
    std::string_view rest = expression;
    for (;;) {
        skipBlanks(rest);
        FilterCondition condition{field};
        bool found = false;
        for (const auto& [text, comparison] : kOperators) {
            if (!rest.starts_with(text)) continue;
            condition.comparison = comparison;
            rest.remove_prefix(text.size());
            found = true;
            break;
        }
        if (!found) return wrong("does not start with <, <=, >, >=, == or !=");
        skipBlanks(rest);
        if (rest.starts_with('+')) rest.remove_prefix(1);
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), condition.number);
        if (error != std::errc() || !std::isfinite(condition.number))
            return wrong("has no number after the comparison");
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        conditions.push_back(condition);
        skipBlanks(rest);
        if (rest.empty()) return conditions;
        if (!rest.starts_with("and ")) return wrong(fmt::format("has \"{}\" where it should end", rest));
        rest.remove_prefix(4);
    }
}

Result<MetadataFilter> MetadataFilter::parse(const std::map<std::string, std::string>& filters) {
    MetadataFilter filter;
    for (const auto& [field, expression] : filters) {
        ATELIER_TRY(const std::vector<FilterCondition> conditions, parseFilter(field, expression));
        filter.conditions_.insert(filter.conditions_.end(), conditions.begin(), conditions.end());
    }
    return filter;
}

std::string MetadataFilter::rejectedBy(std::string_view json) const {
    if (conditions_.empty()) return {};
    const auto parsed = parseJson(json);
    if (!parsed || !parsed->is_object()) return "json";
    for (const FilterCondition& condition : conditions_) {
        const auto value = parsed->find(condition.field);
        if (value == parsed->end()) return condition.field;
        double number = std::nan("");
        if (value->is_boolean()) number = value->get<bool>() ? 1.0 : 0.0;
        if (value->is_number()) number = value->get<double>();
        if (std::isnan(number) || !holds(number, condition.comparison, condition.number))
            return condition.field;
    }
    return {};
}

bool MetadataFilter::accepts(std::string_view json) const {
    return rejectedBy(json).empty();
}

}  // namespace atelier::data
