// SPDX-License-Identifier: GPL-3.0-or-later
// libyaml's events → Node tree: anchors expanded, merge keys applied, duplicates and excess reported.
#include <yaml.h>

#include <map>
#include <memory>
#include <optional>

#include "core/base/strings.h"
#include "core/base/yaml.h"

namespace atelier::yaml {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// libyaml counts characters; messages want that too, edits want bytes.
class Offsets {
  public:
    explicit Offsets(std::string_view text) : text_(text) {
        lines_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')))
                lines_.push_back(i + 1);
            else if (text.substr(i).starts_with("\xE2\x80\xA8") || text.substr(i).starts_with("\xE2\x80\xA9"))
                lines_.push_back(i + 3);
            else if (text.substr(i).starts_with("\xC2\x85"))
                lines_.push_back(i + 2);
        }
    }
    Mark at(const yaml_mark_t& mark) const {
        Mark out{static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1, text_.size()};
        if (mark.line >= lines_.size()) return out;
        std::size_t offset = lines_[mark.line];
        for (std::size_t c = 0; c < mark.column && offset < text_.size(); ++c) {
            ++offset;
            while (offset < text_.size() && (static_cast<unsigned char>(text_[offset]) & 0xC0) == 0x80)
                ++offset;
        }
        out.offset = offset;
        return out;
    }

  private:
    std::string_view text_;
    std::vector<std::size_t> lines_;
};

std::size_t countNodes(const Node& node) {
    std::size_t count = 1;
    for (const auto& item : node.items) count += countNodes(item);
    for (const auto& entry : node.entries) count += 1 + countNodes(entry.value);
    return count;
}

int depthOf(const Node& node) {
    int depth = 0;
    for (const auto& item : node.items) depth = std::max(depth, depthOf(item));
    for (const auto& entry : node.entries) depth = std::max(depth, depthOf(entry.value));
    return depth + 1;
}

void markAliased(Node& node) {
    node.aliased = true;
    for (auto& item : node.items) markAliased(item);
    for (auto& entry : node.entries) markAliased(entry.value);
}

// Python's dict: 1, 1.0 and true are one key.
bool sameKey(const Node& a, const Node& b) {
    const auto number = [](const Node& n) -> std::optional<double> {
        if (n.kind == Kind::Int) return static_cast<double>(n.integer);
        if (n.kind == Kind::Float) return n.number;
        if (n.kind == Kind::Bool) return n.boolean ? 1 : 0;
        return std::nullopt;
    };
    const auto x = number(a), y = number(b);
    return x && y ? *x == *y : equal(a, b);
}

struct Frame {
    Node node;
    std::optional<Node> key;  // of a map, waiting for its value
    bool keyIsMerge = false;
    std::string anchor;
    std::vector<Node> merges;  // values of `<<`, in order
};

class Composer {
  public:
    Composer(std::string_view text, std::vector<Problem>& problems, const Limits& limits)
        : text_(text), offsets_(text), problems_(problems), limits_(limits) {}

    Node compose() {
        yaml_parser_t parser;
        if (!yaml_parser_initialize(&parser)) return stop("the YAML reader cannot start", {});
        const std::unique_ptr<yaml_parser_t, void (*)(yaml_parser_t*)> guard(&parser, yaml_parser_delete);
        yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text_.data()),
                                     text_.size());
        while (!stopped_) {
            yaml_event_t event;
            if (!yaml_parser_parse(&parser, &event)) {
                syntax(parser);
                break;
            }
            const bool end = event.type == YAML_STREAM_END_EVENT;
            handle(event);
            yaml_event_delete(&event);
            if (end) break;
        }
        return stopped_ ? Node{} : std::move(root_);
    }

  private:
    Node stop(std::string text, Mark mark, std::string hint = {}) {
        problems_.push_back({std::move(text), std::move(hint), mark});
        stopped_ = true;
        return {};
    }

    void syntax(const yaml_parser_t& parser) {
        std::string text = parser.problem ? parser.problem : "this is not YAML";
        if (parser.context) text = std::string(parser.context) + ": " + text;
        std::string hint;
        const yaml_mark_t mark = parser.problem_mark;
        if (text.find("mapping values are not allowed") != std::string::npos)
            hint =
                "A text that holds \": \" needs quotes; or the line is indented differently from its "
                "neighbours.";
        else if (text.find("cannot start any token") != std::string::npos)
            hint = "Tabs cannot indent, and a text that begins with @, `, % or a tab needs quotes.";
        else if (text.find("did not find expected key") != std::string::npos ||
                 text.find("<block end>") != std::string::npos)
            hint = "Look at the indentation of this line and the one before.";
        else if (text.find("did not find expected ',' or") != std::string::npos)
            hint = "A bracket or brace is not closed, or a comma is missing.";
        Mark at = parser.error == YAML_READER_ERROR ? Mark{} : offsets_.at(mark);
        if (parser.error == YAML_READER_ERROR) {
            // Reader errors carry a byte offset and no line.
            const std::size_t bad = std::min(parser.problem_offset, text_.size());
            at.offset = bad;
            at.line = 1 + static_cast<int>(std::count(
                              text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
            const auto lineStart = text_.substr(0, bad).rfind('\n');
            at.column = static_cast<int>(bad - (lineStart == std::string_view::npos ? 0 : lineStart + 1)) + 1;
            hint = "Save the file as UTF-8 text.";
        }
        stop(text, at, hint);
    }

    void handle(const yaml_event_t& event) {
        const Mark begin = offsets_.at(event.start_mark), end = offsets_.at(event.end_mark);
        switch (event.type) {
            case YAML_DOCUMENT_START_EVENT:
                if (++documents_ > 1)
                    stop("a second document begins here", begin,
                         "Keep one document per file: remove the line \"---\" and what follows.");
                break;
            case YAML_ALIAS_EVENT: {
                const std::string name(reinterpret_cast<const char*>(event.data.alias.anchor));
                const auto found = anchors_.find(name);
                if (found == anchors_.end()) {
                    stop(openAnchor(name) ? "the alias *" + name + " refers to the value that holds it"
                                          : "the alias *" + name + " has no anchor &" + name + " before it",
                         begin, "A text that begins with * needs quotes.");
                    break;
                }
                if (static_cast<int>(stack_.size()) + depthOf(found->second) > limits_.depth) {
                    tooDeep(begin);
                    break;
                }
                if (!spend(countNodes(found->second), begin)) break;
                Node copy = found->second;
                markAliased(copy);
                copy.begin = begin;
                copy.end = end;
                place(std::move(copy), {}, false);
                break;
            }
            case YAML_SCALAR_EVENT:
                scalar(event, begin, end);
                break;
            case YAML_SEQUENCE_START_EVENT:
                open(Node::list(), event.data.sequence_start.anchor, event.data.sequence_start.tag, "seq",
                     event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE, begin);
                break;
            case YAML_MAPPING_START_EVENT:
                open(Node::map(), event.data.mapping_start.anchor, event.data.mapping_start.tag, "map",
                     event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE, begin);
                break;
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                close(end);
                break;
            default:
                break;
        }
    }

    bool openAnchor(const std::string& name) const {
        return std::any_of(stack_.begin(), stack_.end(),
                           [&](const Frame& frame) { return frame.anchor == name; });
    }
    bool takeAnchor(const yaml_char_t* anchor, std::string& name, Mark begin) {
        if (!anchor) return true;
        name = reinterpret_cast<const char*>(anchor);
        if (!anchors_.contains(name) && !openAnchor(name)) return true;
        stop("the anchor &" + name + " is given twice", begin, "Give the second one another name.");
        return false;
    }
    bool spend(std::size_t nodes, Mark begin) {
        used_ += nodes;
        if (used_ <= limits_.nodes) return true;
        stop("the file holds more than " + std::to_string(limits_.nodes) +
                 " values once its aliases are filled in",
             begin, "A configuration has a few hundred; is this the right file?");
        return false;
    }
    void tooDeep(Mark begin) {
        stop("more than " + std::to_string(limits_.depth) + " levels are nested here", begin,
             "A configuration needs fewer than ten.");
    }

    void scalar(const yaml_event_t& event, Mark begin, Mark end) {
        const auto& data = event.data.scalar;
        std::string anchor;
        if (!takeAnchor(data.anchor, anchor, begin) || !spend(1, begin)) return;
        const std::string value(reinterpret_cast<const char*>(data.value), data.length);
        std::string tag = data.tag ? reinterpret_cast<const char*>(data.tag) : "";
        const bool plain = data.style == YAML_PLAIN_SCALAR_STYLE;
        const bool merge = tag.empty() && plain && value == "<<" && expectsKey();
        Node node;
        if (plain && (tag.empty() || (tag == "!" && !value.empty()))) {
            node = resolvePlain(value);
        } else if (tag.empty() || tag == "!" || tag == std::string(kTagPrefix) + "str") {
            node = Node::ofString(value);
        } else if (!tagged(tag, value, node)) {
            stop("the tag " + tag + " with \"" + value + "\" is not understood", begin,
                 "Remove the tag; text that begins with ! needs quotes.");
            return;
        }
        switch (data.style) {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE:
                node.style = Style::SingleQuoted;
                break;
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
                node.style = Style::DoubleQuoted;
                break;
            case YAML_LITERAL_SCALAR_STYLE:
                node.style = Style::Literal;
                break;
            case YAML_FOLDED_SCALAR_STYLE:
                node.style = Style::Folded;
                break;
            default:
                node.style = Style::Plain;
        }
        node.begin = begin;
        node.end = end;
        place(std::move(node), anchor, merge);
    }

    // !!int "3" and the like: the scalar must read as that type when plain.
    static bool tagged(std::string_view tag, const std::string& value, Node& node) {
        if (!tag.starts_with(kTagPrefix)) return false;
        const auto name = tag.substr(kTagPrefix.size());
        node = resolvePlain(value);
        if (name == "float" && node.kind == Kind::Int)
            node = Node::ofFloat(static_cast<double>(node.integer));
        if (name == "null") node = Node::null();
        return (name == "int" && node.kind == Kind::Int) || (name == "float" && node.kind == Kind::Float) ||
               (name == "bool" && node.kind == Kind::Bool) || name == "null";
    }

    bool expectsKey() const { return !stack_.empty() && stack_.back().node.isMap() && !stack_.back().key; }

    void open(Node node, const yaml_char_t* anchor, const yaml_char_t* tag, std::string_view name, bool flow,
              Mark begin) {
        Frame frame;
        if (!takeAnchor(anchor, frame.anchor, begin) || !spend(1, begin)) return;
        const std::string given = tag ? reinterpret_cast<const char*>(tag) : "";
        if (!given.empty() && given != "!" && given != std::string(kTagPrefix) + std::string(name)) {
            stop("the tag " + given + " is not understood", begin, "Remove the tag.");
            return;
        }
        if (expectsKey()) {
            stop("a list or map cannot be a key", begin, "A text that begins with [ or { needs quotes.");
            return;
        }
        if (static_cast<int>(stack_.size()) >= limits_.depth) {
            tooDeep(begin);
            return;
        }
        node.begin = begin;
        node.style = flow ? Style::Flow : Style::Block;
        frame.node = std::move(node);
        stack_.push_back(std::move(frame));
    }

    void close(Mark end) {
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        if (!frame.merges.empty()) applyMerges(frame);
        frame.node.end = end;
        const std::string anchor = frame.anchor;
        if (!stopped_) place(std::move(frame.node), anchor, false);
    }

    void place(Node node, const std::string& anchor, bool merge) {
        if (!anchor.empty()) anchors_[anchor] = node;
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& frame = stack_.back();
        if (frame.node.isList()) {
            frame.node.items.push_back(std::move(node));
        } else if (!frame.key) {
            if (node.isNull()) {
                stop("a key is empty or null", node.begin,
                     "Name the key; the word null as a key needs quotes.");
                return;
            }
            frame.keyIsMerge = merge;
            frame.key = std::move(node);
        } else if (frame.keyIsMerge) {
            mergeValue(frame, std::move(node));
            frame.key.reset();
        } else {
            addEntry(frame, std::move(node));
        }
    }

    void addEntry(Frame& frame, Node value) {
        for (const auto& entry : frame.node.entries) {
            if (!sameKey(entry.key, *frame.key)) continue;
            problems_.push_back({"the key \"" + scalarText(*frame.key) +
                                     "\" is given twice; the first is in line " +
                                     std::to_string(entry.key.begin.line),
                                 "Remove one of the two.", frame.key->begin});
            frame.key.reset();
            return;
        }
        frame.node.entries.push_back({std::move(*frame.key), std::move(value)});
        frame.key.reset();
    }

    // `<<: *a` or `<<: [*a, *b]`; within a list the earlier map wins.
    void mergeValue(Frame& frame, Node value) {
        const Mark begin = frame.key->begin;
        if (value.isMap()) {
            frame.merges.push_back(std::move(value));
            return;
        }
        const bool maps = value.isList() && std::all_of(value.items.begin(), value.items.end(),
                                                        [](const Node& n) { return n.isMap(); });
        if (!maps) {
            stop("<< takes a map or a list of maps", begin, "Give it an alias such as *defaults.");
            return;
        }
        for (auto item = value.items.rbegin(); item != value.items.rend(); ++item)
            frame.merges.push_back(std::move(*item));
    }

    // Merged keys come first in the order of the maps, later maps win over earlier, own keys over all.
    static void applyMerges(Frame& frame) {
        std::vector<Entry> merged;
        const auto put = [&](Entry entry) {
            for (auto& existing : merged)
                if (sameKey(existing.key, entry.key)) {
                    existing.value = std::move(entry.value);
                    existing.key = std::move(entry.key);
                    return;
                }
            merged.push_back(std::move(entry));
        };
        for (auto& map : frame.merges)
            for (auto& entry : map.entries) {
                const bool own = entry.key.isString() &&
                                 std::any_of(frame.node.entries.begin(), frame.node.entries.end(),
                                             [&](const Entry& e) { return sameKey(e.key, entry.key); });
                if (own) continue;
                markAliased(entry.value);
                entry.key.aliased = true;
                put(std::move(entry));
            }
        for (auto& entry : frame.node.entries) put(std::move(entry));
        frame.node.entries = std::move(merged);
    }

    std::string_view text_;
    Offsets offsets_;
    std::vector<Problem>& problems_;
    Limits limits_;
    std::vector<Frame> stack_;
    std::map<std::string, Node> anchors_;
    Node root_;
    std::size_t used_ = 0;
    int documents_ = 0;
    bool stopped_ = false;
};

}  // namespace

Node parse(std::string_view text, std::vector<Problem>& problems, const Limits& limits) {
    return Composer(text, problems, limits).compose();
}

Result<Node> parse(std::string_view text, const std::string& name, const Limits& limits) {
    std::vector<Problem> problems;
    Node node = parse(text, problems, limits);
    if (problems.empty()) return node;
    const Problem& first = problems.front();
    std::string where = name;
    if (first.mark.line > 0)
        where += (name.empty() ? "line " : ":") + std::to_string(first.mark.line) + ":" +
                 std::to_string(first.mark.column);
    return fail(ErrorCode::Config, first.text, std::move(where), first.hint);
}

}  // namespace atelier::yaml
