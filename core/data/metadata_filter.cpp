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

// A number, True, False, or a text in quotes; false when there is none of them.
bool takeOperand(std::string_view& rest, FilterCondition& condition) {
    for (const auto& [word, number] : {std::pair{"True", 1.0}, {"False", 0.0}, {"true", 1.0}, {"false", 0.0}})
        if (rest.starts_with(word)) {
            condition.number = number;
            rest.remove_prefix(std::string_view(word).size());
            return true;
        }
    if (rest.starts_with('\'') || rest.starts_with('"')) {
        const auto end = rest.find(rest[0], 1);
        const bool equality =
            condition.comparison == Comparison::Equal || condition.comparison == Comparison::NotEqual;
        if (end == rest.npos || !equality) return false;
        condition.text = std::string(rest.substr(1, end - 1));
        rest.remove_prefix(end + 1);
        return true;
    }
    if (rest.starts_with('+')) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), condition.number);
    if (error != std::errc() || !std::isfinite(condition.number)) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
}

bool holdsFor(const Json& value, const FilterCondition& condition) {
    if (condition.text) {
        const bool same = value.is_string() && value.get_ref<const std::string&>() == *condition.text;
        return value.is_string() && same == (condition.comparison == Comparison::Equal);
    }
    double number = std::nan("");
    if (value.is_boolean()) number = value.get<bool>() ? 1.0 : 0.0;
    if (value.is_number()) number = value.get<double>();
    return !std::isnan(number) && holds(number, condition.comparison, condition.number);
}

}  // namespace

Result<std::vector<FilterCondition>> parseFilter(const std::string& field, std::string_view expression) {
    const auto wrong = [&](std::string what) {
        return fail(ErrorCode::Config, fmt::format("the filter \"{}\" {}", expression, what),
                    "dataset.params.filters." + field,
                    "Write a comparison with a number: \"<=0.5\", \">=512\", with a text: \"== 'en'\", or "
                    "several joined by \"and\" and \"or\".");
    };
    std::vector<FilterCondition> conditions;
    std::string_view rest = expression;
    bool alternative = false;
    for (;;) {
        skipBlanks(rest);
        FilterCondition condition{field};
        condition.alternative = alternative;
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
        if (!takeOperand(rest, condition))
            return wrong("has no number after the comparison (texts in quotes only after == and !=)");
        conditions.push_back(condition);
        // `and True` and `or False` change nothing.
        for (;;) {
            skipBlanks(rest);
            if (rest.starts_with("and True") || rest.starts_with("or False"))
                rest.remove_prefix(8);
            else
                break;
        }
        if (rest.empty()) return conditions;
        alternative = rest.starts_with("or ");
        if (!alternative && !rest.starts_with("and "))
            return wrong(fmt::format("has \"{}\" where it should end", rest));
        rest.remove_prefix(alternative ? 3 : 4);
    }
}

Result<MetadataFilter> MetadataFilter::parse(const std::map<std::string, std::string>& filters) {
    MetadataFilter filter;
    for (const auto& [field, expression] : filters) {
        ATELIER_TRY(std::vector<FilterCondition> conditions, parseFilter(field, expression));
        filter.fields_.push_back(std::move(conditions));
    }
    return filter;
}

std::string MetadataFilter::rejectedBy(std::string_view json) const {
    if (fields_.empty()) return {};
    const auto parsed = parseJson(json);
    if (!parsed || !parsed->is_object()) return "json";
    for (const auto& conditions : fields_) {
        const auto value = parsed->find(conditions.front().field);
        if (value == parsed->end()) return conditions.front().field;
        bool any = false, all = true;
        for (const FilterCondition& condition : conditions) {
            if (condition.alternative) {
                any = any || all;
                all = true;
            }
            all = all && holdsFor(*value, condition);
        }
        if (!any && !all) return conditions.front().field;
    }
    return {};
}

bool MetadataFilter::accepts(std::string_view json) const {
    return rejectedBy(json).empty();
}

}  // namespace atelier::data
