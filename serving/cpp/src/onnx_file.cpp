// A walk through the protobuf wire format of an ONNX file, as far as it says where tensors have their data.
// Field numbers: onnx.proto3 of ONNX 1.18, in the order of the messages there.
#include <charconv>

#include "stored.hpp"
#include "support.hpp"

namespace keras_gen::detail {
namespace {

constexpr int deepest = 100;  // protobuf's own limit

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
        for (Message message(content); message.next();) {
            switch (message.field) {
                case 7: graph(message.bytes, 0); break;
                case 8: opset = std::max(opset, default_opset(message.bytes)); break;
                case 20: training(message.bytes); break;
                case 25: function(message.bytes); break;
                default: break;
            }
        }
        return opset;
    }

private:
    static std::int64_t default_opset(std::string_view content) {
        std::string_view domain;
        std::int64_t version = 0;
        for (Message message(content); message.next();) {
            if (message.field == 1) domain = message.bytes;
            if (message.field == 2) version = static_cast<std::int64_t>(message.number);
        }
        return domain.empty() || domain == "ai.onnx" ? version : 0;
    }

    // Only the main graph is at depth 0.
    void graph(std::string_view content, int depth) {
        if (depth > deepest) throw Broken();
        for (Message message(content); message.next();) {
            switch (message.field) {
                case 1: node(message.bytes, depth); break;
                case 5: tensor(message.bytes, depth == 0); break;
                case 15: sparse(message.bytes); break;
                default: break;
            }
        }
    }

    void training(std::string_view content) {
        for (Message message(content); message.next();)
            if (message.field == 1 || message.field == 2) graph(message.bytes, 1);
    }

    void function(std::string_view content) {
        for (Message message(content); message.next();) {
            if (message.field == 7) node(message.bytes, 1);
            if (message.field == 11) attribute(message.bytes, 1);
        }
    }

    void node(std::string_view content, int depth) {
        for (Message message(content); message.next();)
            if (message.field == 5) attribute(message.bytes, depth);
    }

    void attribute(std::string_view content, int depth) {
        for (Message message(content); message.next();) {
            switch (message.field) {
                case 5:
                case 10: tensor(message.bytes, false); break;
                case 6:
                case 11: graph(message.bytes, depth + 1); break;
                case 22:
                case 23: sparse(message.bytes); break;
                default: break;
            }
        }
    }

    void sparse(std::string_view content) {
        for (Message message(content); message.next();)
            if (message.field == 1 || message.field == 2) tensor(message.bytes, false);
    }

    void tensor(std::string_view content, bool may_be_outside) {
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
