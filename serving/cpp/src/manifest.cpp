// manifest.json, entry by entry.
#include <nlohmann/json.hpp>

#include "support.hpp"

namespace keras_gen {
namespace {

using Json = nlohmann::json;

// An entry and its place, keys joined by points.
class Entry {
public:
    Entry(const Json& value, std::string place) : value_(value), place_(std::move(place)) {}

    InputError unlike(const std::string& expected) const {
        // An entry may be a whole tree, and deep: containers are named, not shown.
        const std::string shown = value_.is_object()  ? "an object"
                                  : value_.is_array() ? "an array"
                                                      : detail::one_line(value_.dump(-1, ' ', true), 60);
        return InputError(place_ + " must be " + expected + ". Received: " + shown + ".");
    }

    Entry at(const std::string& key) const {
        const auto found = object().find(key);
        if (found == value_.end()) throw InputError(place_ + " must have '" + key + "'. Received: none.");
        return {*found, place_ + "." + key};
    }

    // Absent and null are the same.
    std::optional<Entry> optional(const std::string& key) const {
        const auto found = object().find(key);
        if (found == value_.end() || found->is_null()) return std::nullopt;
        return Entry(*found, place_ + "." + key);
    }

    std::vector<std::pair<std::string, Entry>> members() const {
        std::vector<std::pair<std::string, Entry>> members;
        for (const auto& [key, value] : object().items()) members.emplace_back(key, Entry(value, place_ + "." + key));
        return members;
    }

    std::vector<Entry> elements() const {
        if (!value_.is_array()) throw unlike("an array");
        std::vector<Entry> elements;
        for (const auto& value : value_) elements.emplace_back(value, place_);
        return elements;
    }

    bool is_text() const { return value_.is_string(); }

    std::string text() const {
        if (!value_.is_string()) throw unlike("a string");
        return value_.get<std::string>();
    }

    bool flag() const {
        if (!value_.is_boolean()) throw unlike("true or false");
        return value_.get<bool>();
    }

    std::int64_t integer(std::int64_t low) const {
        const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        const bool whole = value_.is_number_unsigned() ? value_.get<std::uint64_t>() <= most
                                                       : value_.is_number_integer();
        if (!whole || value_.get<std::int64_t>() < low)
            throw unlike("an integer of at least " + std::to_string(low));
        return value_.get<std::int64_t>();
    }

private:
    const Json& object() const {
        if (!value_.is_object()) throw unlike("an object");
        return value_;
    }

    const Json& value_;
    std::string place_;
};

bool is_plain(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find_first_of(std::string("/\\\0:", 4)) == std::string::npos;
}

StoredFile stored_file(const Entry& entry) {
    StoredFile file{entry.at("file").text(), entry.at("sha256").text(),
                    static_cast<std::uint64_t>(entry.at("size").integer(0))};
    if (!is_plain(file.name)) throw entry.at("file").unlike("a plain file name inside the bundle");
    if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw entry.at("sha256").unlike("64 hexadecimal digits");
    return file;
}

std::map<std::string, Tensor> tensors(const Entry& entry) {
    std::map<std::string, Tensor> named;
    for (const auto& [name, value] : entry.members()) {
        Tensor& tensor = named[name];
        for (const auto& axis : value.at("axes").elements())
            tensor.axes.push_back(axis.is_text() ? any_length : axis.integer(1));
        tensor.dtype = value.at("dtype").text();
    }
    return named;
}

Network network(const Entry& entry) {
    Network network{stored_file(entry), std::nullopt, tensors(entry.at("inputs")), tensors(entry.at("outputs"))};
    if (const auto weights = entry.optional("weights")) network.weights = stored_file(*weights);
    return network;
}

Image image(const Entry& entry) {
    Image image{entry.at("height").integer(1), entry.at("width").integer(1), entry.at("channels").integer(1)};
    if (const auto any_size = entry.optional("any_size")) image.any_size = any_size->flag();
    if (const auto multiple = entry.optional("multiple")) image.multiple = multiple->integer(1);
    return image;
}

Json parsed(const std::string& text) {
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw InputError("a manifest must be JSON. Received: something else at byte " + std::to_string(error.byte) +
                         ".");
    } catch (const Json::exception& error) {
        throw InputError("a manifest must be JSON. Received: " + detail::one_line(error.what()) + ".");
    }
}

}  // namespace

Manifest read_manifest(const std::string& text) {
    const Json json = parsed(text);
    const Entry root(json, "manifest");
    Manifest manifest;
    manifest.format_version = root.at("format_version").integer(1);
    if (manifest.format_version > newest_format)
        throw InputError("format_version must be at most " + std::to_string(newest_format) +
                         ". Received: " + std::to_string(manifest.format_version) +
                         ". This bundle was written by a newer keras-gen; update keras-gen to read it.");
    manifest.model = root.at("model").text();
    for (const auto& [name, value] : root.at("networks").members()) manifest.networks.emplace(name, network(value));
    manifest.image = image(root.at("image"));
    if (const auto latent = root.optional("latent")) manifest.latent_size = latent->at("size").integer(1);
    if (const auto classes = root.optional("classes"))
        for (const auto& name : classes->elements()) manifest.classes.push_back(name.text());
    return manifest;
}

}  // namespace keras_gen
