// manifest.json, entry by entry, as serving/bundle/manifest.schema.json defines it.
#include <nlohmann/json.hpp>

#include "schema.hpp"
#include "stored.hpp"
#include "support.hpp"

namespace keras_gen {
namespace {

using Json = nlohmann::json;
namespace schema = detail::schema;

static_assert(newest_format == schema::newest_format, "keras_gen.hpp says which formats are read");

template <class Names>
bool is_among(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

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

    // No more than `most`.
    std::vector<std::pair<std::string, Entry>> members(
        std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
        check_count(object().size(), most);
        std::vector<std::pair<std::string, Entry>> members;
        for (const auto& [key, value] : object().items()) members.emplace_back(key, Entry(value, place_ + "." + key));
        return members;
    }

    std::vector<Entry> elements(std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
        if (!value_.is_array()) throw unlike("an array");
        check_count(value_.size(), most);
        std::vector<Entry> elements;
        for (const auto& value : value_) elements.emplace_back(value, place_);
        return elements;
    }

    bool is_text() const { return value_.is_string(); }

    std::string text() const {
        if (!value_.is_string()) throw unlike("a string");
        return value_.get<std::string>();
    }

    template <class Names>
    std::string text_among(const Names& names) const {
        if (value_.is_string() && is_among(names, value_.get<std::string>())) return value_.get<std::string>();
        std::string choices;
        for (const auto name : names) choices += (choices.empty() ? "'" : " or '") + std::string(name) + "'";
        throw unlike(choices);
    }

    bool flag() const {
        if (!value_.is_boolean()) throw unlike("true or false");
        return value_.get<bool>();
    }

    double number() const {
        if (!value_.is_number()) throw unlike("a number");
        return value_.get<double>();
    }

    // 3.0 is an integer, as not every language tells it from 3.
    std::int64_t integer(std::int64_t low, std::int64_t high = schema::largest_integer) const {
        const double value = value_.is_number() ? value_.get<double>() : std::nan("");
        if (!(std::trunc(value) == value && value >= static_cast<double>(low)))
            throw unlike("an integer of at least " + std::to_string(low));
        if (value > static_cast<double>(high)) throw unlike("an integer of at most " + std::to_string(high));
        return static_cast<std::int64_t>(value);
    }

private:
    const Json& object() const {
        if (!value_.is_object()) throw unlike("an object");
        return value_;
    }

    void check_count(std::size_t count, std::int64_t most) const {
        if (count > static_cast<std::uint64_t>(most))
            throw InputError(place_ + " must be at most " + std::to_string(most) + " entries. Received: " +
                             std::to_string(count) + ".");
    }

    const Json& value_;
    std::string place_;
};

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

// What Windows calls a device, whatever follows a point.
bool is_device(const std::string& name) {
    std::string stem = name.substr(0, name.find('.'));
    for (char& letter : stem) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    if (stem == "CON" || stem == "PRN" || stem == "AUX" || stem == "NUL") return true;
    const auto kind = stem.substr(0, 3);
    return stem.size() == 4 && (kind == "COM" || kind == "LPT") && stem.back() >= '1' && stem.back() <= '9';
}

bool is_plain(const std::string& name) {
    const auto fits = [](char letter) { return is_letter_or_digit(letter) || letter == '.' || letter == '_' || letter == '-'; };
    return !name.empty() && name.size() <= schema::longest_file_name && std::all_of(name.begin(), name.end(), fits) &&
           name.front() != '.' && name.back() != '.' && !is_device(name);
}

// Numbers with single points between them.
bool is_version(const std::string& text) {
    const auto fits = [](char letter) { return letter == '.' || (letter >= '0' && letter <= '9'); };
    return !text.empty() && text.size() <= schema::longest_version && std::all_of(text.begin(), text.end(), fits) &&
           text.front() != '.' && text.back() != '.' && text.find("..") == std::string::npos;
}

// What to do about a bundle that this library is too old for.
std::string needed(const std::string& version) {
    return (is_version(version) ? " This bundle needs keras-gen " + version + " or newer;"
                                : std::string(" This bundle was written by a newer keras-gen;")) +
           " update keras-gen to read it.";
}

StoredFile stored_file(const Entry& entry, std::int64_t most) {
    StoredFile file{entry.at("file").text(), entry.at("sha256").text(), 0};
    if (!is_plain(file.name)) throw entry.at("file").unlike("a plain file name inside the bundle");
    if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw entry.at("sha256").unlike("64 hexadecimal digits");
    file.size = static_cast<std::uint64_t>(entry.at("size").integer(0, most));
    return file;
}

ValueRange limits(const Entry& entry) {
    std::vector<double> numbers;
    for (const auto& limit : entry.elements()) numbers.push_back(limit.number());
    if (numbers.size() != 2) throw entry.unlike("[lowest, highest]");
    return {numbers[0], numbers[1]};
}

std::map<std::string, Tensor> tensors(const Entry& entry) {
    std::map<std::string, Tensor> named;
    for (const auto& [name, value] : entry.members(schema::most_tensors)) {
        Tensor& tensor = named[name];
        for (const auto& axis : value.at("axes").elements(schema::most_axes))
            tensor.axes.push_back(axis.is_text() ? any_length : axis.integer(1));
        tensor.dtype = value.at("dtype").text_among(schema::dtypes);
        if (const auto range = value.optional("range")) limits(*range);
    }
    return named;
}

Network network(const Entry& entry) {
    Network network{stored_file(entry, schema::most_network_bytes), std::nullopt, tensors(entry.at("inputs")),
                    tensors(entry.at("outputs"))};
    if (const auto weights = entry.optional("weights"))
        network.weights = stored_file(*weights, schema::most_weights_bytes);
    if (const auto batch = entry.optional("batch")) network.one_by_one = batch->integer(1, 1) == 1;
    return network;
}

Image image(const Entry& entry) {
    Image image{entry.at("height").integer(1), entry.at("width").integer(1), entry.at("channels").integer(1)};
    if (const auto any_size = entry.optional("any_size")) image.any_size = any_size->flag();
    if (const auto multiple = entry.optional("multiple")) image.multiple = multiple->integer(1);
    if (const auto range = entry.optional("value_range")) {
        image.value_range = limits(*range);
        if (image.value_range->black == image.value_range->white) throw range->unlike("two different numbers");
    }
    for (const auto* name : {"interpolation", "interpolation_a", "interpolation_b"})
        if (const auto way = entry.optional(name)) way->text_among(schema::interpolations);
    return image;
}

std::int64_t latent_size(const Entry& entry) {
    entry.at("prior");
    if (const auto prior = entry.optional("prior")) prior->text_among(schema::priors);
    return entry.at("size").integer(1);
}

// Where a network comes from that keras-gen did not train.
void check_origin(const Entry& facts) {
    for (const auto* name : {"kind", "producer"}) facts.at(name).text();
    for (const auto* name : {"file", "sha256"})
        if (const auto said = facts.optional(name)) said->text();
    if (const auto opset = facts.optional("opset")) opset->integer(1);
    if (const auto border = facts.optional("border"))
        for (const auto& [name, said] : border->members()) said.text();
}

// What people are told, which nothing here needs; a manifest is nevertheless read by every language or by none.
void check_facts(const Entry& root) {
    if (const auto normalization = root.optional("normalization")) normalization->text();
    if (const auto weights = root.optional("weights")) weights->text_among(schema::weights);
    if (const auto training = root.optional("training")) training->members();
    if (const auto license = root.optional("license")) license->text();
    if (const auto parity = root.optional("parity"))
        for (const auto& [name, outputs] : parity->members())
            for (const auto& [output, difference] : outputs.members()) difference.number();
    if (const auto providers = root.optional("providers"))
        for (const auto& [provider, networks] : providers->members())
            for (const auto& [name, measured] : networks.members())
                for (const auto& [precision, psnr] : measured.members()) psnr.number();
    if (const auto origin = root.optional("origin"))
        for (const auto& [name, facts] : origin->members()) check_origin(facts);
    if (const auto quantization = root.optional("quantization"))
        for (const auto& [name, facts] : quantization->members()) {
            facts.at("kind").text_among(schema::quantizations);
            facts.at("psnr").number();
            facts.at("at_least").number();
            if (const auto only = facts.optional("weights_only")) only->flag();
        }
}

// A newer format, whatever else it may hold, and features that are not known, are named before the rest.
std::int64_t checked_version(const Entry& root) {
    const auto version = root.at("format_version").integer(1);
    const auto minimum = root.optional("minimum_version");
    const auto stated = minimum && minimum->is_text() ? minimum->text() : std::string();
    if (version > newest_format)
        throw InputError("manifest.format_version must be at most " + std::to_string(newest_format) +
                         ". Received: " + std::to_string(version) + "." + needed(stated));
    if (minimum && !is_version(stated)) throw minimum->unlike("a version such as 1.2");
    if (const auto features = root.optional("requires"))
        for (const auto& feature : features->elements())
            if (const auto name = feature.text(); !is_among(schema::features, name))
                throw InputError("manifest.requires must be features that this keras-gen knows. Received: '" +
                                 detail::one_line(name, 60) + "'." + needed(stated));
    return version;
}

// Throws for what is deeper than a manifest may be; nothing is left out.
bool check_depth(int depth, Json::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= schema::deepest)
        throw InputError("a manifest must be at most " + std::to_string(schema::deepest) +
                         " arrays and objects deep. Received: more.");
    return true;
}

Json parsed(const std::string& text) {
    // The parser would skip the first, and end at the second.
    if (text.rfind("\xEF\xBB\xBF", 0) == 0 || text.find('\0') != std::string::npos)
        throw InputError("a manifest must be JSON. Received: a byte order mark, or a byte that is 0.");
    try {
        return Json::parse(text, check_depth);
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
    manifest.format_version = checked_version(root);
    manifest.model = root.at("model").text();
    for (const auto& [name, value] : root.at("networks").members(schema::most_networks))
        manifest.networks.emplace(name, network(value));
    manifest.image = image(root.at("image"));
    if (const auto latent = root.optional("latent")) manifest.latent_size = latent_size(*latent);
    if (const auto classes = root.optional("classes"))
        for (const auto& name : classes->elements(schema::most_classes)) manifest.classes.push_back(name.text());
    if (const auto domains = root.optional("domains"))
        for (const auto& [domain, name] : domains->members()) manifest.domains.emplace(domain, name.text());
    check_facts(root);
    return manifest;
}

Manifest detail::manifest_of(const std::filesystem::path& bundle) {
    const auto path = bundle / "manifest.json";
    if (!std::filesystem::is_directory(bundle) || !std::filesystem::exists(std::filesystem::symlink_status(path)))
        throw InputError(bundle.string() + " must be a bundle with a manifest.json. Received: " +
                         (std::filesystem::is_directory(bundle) ? "a folder without one." : "no such folder."));
    const auto content = read_plain_file(bundle, "manifest.json", schema::most_bytes);
    try {
        return read_manifest(content);
    } catch (const InputError& error) {
        throw InputError(path.string() + ": " + error.what());
    }
}

}  // namespace keras_gen
