// A walk through the protobuf wire format of an ONNX file: where tensors have their data, and whether anything in it
// could reach beyond it. Field numbers are those of onnx.proto.
#include <charconv>

#include "schema.hpp"
#include "stored.hpp"
#include "support.hpp"

namespace keras_gen::detail {
namespace {

struct Broken {};

// One field after the other of a message.
class Message {
public:
    explicit Message(std::string_view content) : rest_(content) {}

    // Moves to the next field; false at the end. Of a field with a length `bytes` is the content, of others `number`.
    bool next() {
        if (rest_.empty()) return false;
        const auto key = varint();
        field = key >> 3U;
        bytes = {};
        number = 0;
        switch (key & 7U) {
            case 0: number = varint(); break;
            case 1: taken(8); break;
            case 2: bytes = taken(varint()); break;
            case 5: taken(4); break;
            default: throw Broken();
        }
        return true;
    }

    std::uint64_t field = 0;
    std::uint64_t number = 0;
    std::string_view bytes;

private:
    std::string_view taken(std::uint64_t count) {
        if (count > rest_.size()) throw Broken();
        const auto part = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(part.size());
        return part;
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(taken(1).front());
            value |= static_cast<std::uint64_t>(byte & 127U) << shift;
            if (byte < 128) return value;
        }
        throw Broken();
    }

    std::string_view rest_;
};

class Walk {
public:
    Walk(std::string path, const std::optional<StoredFile>& weights) : path_(std::move(path)), weights_(weights) {}

    std::int64_t model(std::string_view content) {
        std::int64_t opset = 0;
        bool any = false;
        for (Message message(content); message.next();) {
            switch (message.field) {
                case 7: any = true, graph(message.bytes); break;
                case 8: opset = std::max(opset, default_opset(message.bytes)); break;
                case 20: refuse("a training step");
                case 25: refuse("operators of its own");
                default: break;
            }
        }
        if (!any) throw Broken();
        return opset;
    }

private:
    [[noreturn]] void refuse(const std::string& what) const {
        throw InputError(path_ + " must be one graph with its numbers and no more. Received: " + what + ".");
    }

    static bool is_default(std::string_view domain) {
        return std::find(schema::domains.begin(), schema::domains.end(), domain) != schema::domains.end();
    }

    static std::int64_t default_opset(std::string_view content) {
        std::string_view domain;
        std::int64_t version = 0;
        for (Message message(content); message.next();) {
            if (message.field == 1) domain = message.bytes;
            if (message.field == 2) version = static_cast<std::int64_t>(message.number);
        }
        return is_default(domain) ? version : 0;
    }

    void graph(std::string_view content) const {
        for (Message message(content); message.next();) {
            if (message.field == 1) node(message.bytes);
            if (message.field == 5) tensor(message.bytes, true);
            if (message.field == 15) refuse("sparse numbers");
        }
    }

    // Operators of other domains may open files.
    void node(std::string_view content) const {
        std::string_view name;
        std::string_view domain;
        for (Message message(content); message.next();) {
            if (message.field == 4) name = message.bytes;
            if (message.field == 5) attribute(message.bytes);
            if (message.field == 7) domain = message.bytes;
        }
        if (!is_default(domain) || !std::binary_search(schema::operators.begin(), schema::operators.end(), name))
            throw InputError(path_ + " must use operators of ONNX that compute numbers from numbers. Received: '" +
                             (is_default(domain) ? "ai.onnx" : one_line(domain, 60)) + "." + one_line(name, 60) + "'.");
    }

    void attribute(std::string_view content) const {
        for (Message message(content); message.next();) {
            if (message.field == 5 || message.field == 10) tensor(message.bytes, false);
            if (message.field == 6 || message.field == 11) refuse("a graph within it");
            if (message.field == 22 || message.field == 23) refuse("sparse numbers");
        }
    }

    void tensor(std::string_view content, bool may_be_outside) const {
        bool outside = false;
        bool found = false;
        std::string_view elsewhere;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        for (Message message(content); message.next();) {
            if (message.field == 14) outside = outside || message.number != 0;
            if (message.field != 13) continue;
            outside = true;
            const auto [key, value] = pair(message.bytes);
            if (key == "location" && weights_ && value == weights_->name) found = true;
            else if (key == "location") elsewhere = value;
            if (key == "offset") offset = whole(value);
            if (key == "length") size = whole(value);
        }
        if (!outside) return;
        if (!may_be_outside || !found || !elsewhere.empty())
            throw InputError(path_ + " must have its data inside" +
                             (weights_ ? " or in " + weights_->name : std::string()) +
                             ". Received: data in " +
                             (elsewhere.empty() ? "another place" : "'" + one_line(elsewhere, 60) + "'") + ".");
        if (offset > weights_->size || size > weights_->size - offset)
            throw InputError(path_ + " must have data within the " + std::to_string(weights_->size) + " bytes of " +
                             weights_->name + ". Received: " + std::to_string(size) + " bytes from " +
                             std::to_string(offset) + " on.");
    }

    static std::pair<std::string_view, std::string_view> pair(std::string_view content) {
        std::pair<std::string_view, std::string_view> entry;
        for (Message message(content); message.next();) {
            if (message.field == 1) entry.first = message.bytes;
            if (message.field == 2) entry.second = message.bytes;
        }
        return entry;
    }

    static std::uint64_t whole(std::string_view text) {
        std::uint64_t value = 0;
        const auto* end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, value);
        if (read.ec != std::errc() || read.ptr != end) throw Broken();
        return value;
    }

    std::string path_;
    const std::optional<StoredFile>& weights_;
};

}  // namespace

std::int64_t check_onnx(const std::filesystem::path& path, const std::string& content,
                        const std::optional<StoredFile>& weights) {
    try {
        return Walk(path.string(), weights).model(content);
    } catch (const Broken&) {
        throw InputError(path.string() + " must be an ONNX file. Received: bytes that are none.");
    }
}

}  // namespace keras_gen::detail
