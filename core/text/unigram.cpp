// SPDX-License-Identifier: GPL-3.0-or-later
// A byte trie of the pieces and the Viterbi search over it (unigram.h).
#include "core/text/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace atelier {
namespace {

constexpr std::size_t kMaxPieces = std::size_t{1} << 22;
constexpr std::size_t kMaxPieceBytes = 4096;
constexpr double kUnknownPenalty = 10;  // below the least probable piece

// Bytes of the UTF-8 character that begins with this byte.
std::size_t characterLength(unsigned char first) {
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

}  // namespace

Result<Unigram> Unigram::build(std::vector<ScoredPiece> pieces, std::int64_t unknownId, bool byteFallback,
                               const std::string& where) {
    const auto bad = [&](std::string what) { return fail(ErrorCode::Model, std::move(what), where); };
    if (pieces.empty()) return bad("its vocabulary is empty");
    if (pieces.size() > kMaxPieces)
        return bad(fmt::format("its vocabulary has {} pieces, more than {}", pieces.size(), kMaxPieces));
    if (unknownId < 0 || unknownId >= static_cast<std::int64_t>(pieces.size()))
        return bad(
            fmt::format("the id {} of its unknown piece is none of 0 to {}", unknownId, pieces.size() - 1));
    Unigram model;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!std::isfinite(pieces[i].score)) return bad(fmt::format("the score of piece {} is no number", i));
        if (pieces[i].text.size() > kMaxPieceBytes)
            return bad(
                fmt::format("piece {} has {} bytes, more than {}", i, pieces[i].text.size(), kMaxPieceBytes));
        least = std::min(least, pieces[i].score);
        model.ids_[pieces[i].text] = static_cast<std::int64_t>(i);  // of equal pieces the last
    }
    model.unknownId_ = unknownId;
    model.unknownScore_ = least - kUnknownPenalty;
    model.byteFallback_ = byteFallback;

    // Level by level: each node stands for a run of the sorted pieces with the same beginning.
    std::vector<const std::pair<const std::string, std::int64_t>*> sorted;
    for (const auto& entry : model.ids_)
        if (!entry.first.empty()) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    struct Run {
        std::size_t begin, end, depth;
    };
    std::vector<Run> runs{{0, sorted.size(), 0}};
    model.nodes_.emplace_back();
    for (std::size_t n = 0; n < model.nodes_.size(); ++n) {
        const Run run = runs[n];
        std::size_t i = run.begin;
        if (i < run.end && sorted[i]->first.size() == run.depth)  // the shortest comes first
            model.nodes_[n].id = static_cast<std::int32_t>(sorted[i++]->second);
        model.nodes_[n].firstChild = static_cast<std::uint32_t>(model.nodes_.size());
        while (i < run.end) {
            const char byte = sorted[i]->first[run.depth];
            std::size_t end = i;
            while (end < run.end && sorted[end]->first[run.depth] == byte) ++end;
            Node next;
            next.byte = static_cast<unsigned char>(byte);
            model.nodes_.push_back(next);
            ++model.nodes_[n].children;
            runs.push_back({i, end, run.depth + 1});
            i = end;
        }
    }
    model.pieces_ = std::move(pieces);
    return model;
}

const Unigram::Node* Unigram::child(const Node& node, unsigned char byte) const {
    const Node* begin = nodes_.data() + node.firstChild;
    const Node* end = begin + node.children;
    const Node* it =
        std::lower_bound(begin, end, byte, [](const Node& a, unsigned char b) { return a.byte < b; });
    return it != end && it->byte == byte ? it : nullptr;
}

std::optional<std::int64_t> Unigram::idOf(std::string_view piece) const {
    const auto it = ids_.find(std::string(piece));
    if (it == ids_.end()) return std::nullopt;
    return it->second;
}

void Unigram::appendUnknown(std::string_view text, std::vector<std::int64_t>& ids) const {
    if (const auto id = idOf(text)) return ids.push_back(*id);
    std::vector<std::int64_t> bytes;
    for (const char c : text) {
        if (!byteFallback_) break;
        const auto id = idOf(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
        if (!id) break;
        bytes.push_back(*id);
    }
    if (bytes.size() == text.size())
        ids.insert(ids.end(), bytes.begin(), bytes.end());
    else
        ids.push_back(unknownId_);
}

void Unigram::encode(std::string_view word, std::vector<std::int64_t>& ids) const {
    struct Best {
        std::int64_t id = -1;  // of the last piece
        double score = 0;
        std::size_t begin = 0;
        bool reached = false;
    };
    std::vector<Best> best(word.size() + 1);  // best way to the first n bytes
    const auto offer = [&](std::size_t begin, std::size_t end, std::int64_t id, double score) {
        Best& there = best[end];
        if (!there.reached || score > there.score) there = {id, score, begin, true};
    };
    for (std::size_t begin = 0; begin < word.size();) {
        const double here = best[begin].score;
        const std::size_t one =
            std::min(characterLength(static_cast<unsigned char>(word[begin])), word.size() - begin);
        bool single = false;
        const Node* node = nodes_.data();
        for (std::size_t end = begin; end < word.size();) {
            node = child(*node, static_cast<unsigned char>(word[end]));
            if (!node) break;
            ++end;
            if (node->id < 0) continue;
            offer(begin, end, node->id, here + pieces_[static_cast<std::size_t>(node->id)].score);
            single |= end - begin == one;
        }
        if (!single) offer(begin, begin + one, unknownId_, here + unknownScore_);
        begin += one;
    }
    std::vector<std::size_t> ends;
    for (std::size_t end = word.size(); end > 0; end = best[end].begin) ends.push_back(end);
    for (std::size_t i = ends.size(); i-- > 0;) {
        const Best& piece = best[ends[i]];
        if (piece.id != unknownId_) {
            ids.push_back(piece.id);
            continue;
        }
        while (i > 0 && best[ends[i - 1]].id == unknownId_) --i;
        appendUnknown(word.substr(piece.begin, ends[i] - piece.begin), ids);
    }
}

}  // namespace atelier
