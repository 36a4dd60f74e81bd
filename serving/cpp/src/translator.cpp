#include "resampling.hpp"
#include "support.hpp"
#include "tiles.hpp"

namespace keras_gen {
namespace {

constexpr std::int64_t smallest_side = 2;
constexpr std::int64_t pixels_at_once = 65536;  // more at a time is slower on a CPU

bool translates(const Manifest& manifest, const std::string& name) {
    const auto found = manifest.networks.find(name);
    return found != manifest.networks.end() && found->second.inputs.count("image") > 0 &&
           found->second.outputs.count("translation") > 0;
}

std::int64_t rounded_up(std::int64_t side, std::int64_t multiple) {
    return (side + multiple - 1) / multiple * multiple;
}

std::int64_t at_most(std::int64_t side) {
    constexpr std::int64_t most = std::int64_t{1} << 30U;
    if (side > most)
        throw InputError("a side must have at most " + std::to_string(most) + " pixels. Received: " +
                         std::to_string(side) + ".");
    return side;
}

const Tensor& named(const Bundle& bundle, const std::map<std::string, Tensor>& tensors, const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw InputError(bundle.folder().string() + " must have '" + name + "' where it translates. "
                         "Received: a network without it.");
    return found->second;
}

// Length of an axis that the manifest states.
std::int64_t stated(const Bundle& bundle, const std::map<std::string, Tensor>& tensors, const std::string& name,
                    std::size_t axis) {
    const auto& axes = named(bundle, tensors, name).axes;
    if (axes.size() <= axis || axes[axis] == any_length)
        throw InputError(bundle.folder().string() + " must state the size of '" + name + "'. Received: a free axis.");
    return axes[axis];
}

// What the normalizations of a tile network are told and tell; up to format 2 it had another name.
std::string name_in(const std::map<std::string, Tensor>& tensors, const std::string& name, const std::string& older) {
    return tensors.count(name) == 0 && tensors.count(older) > 0 ? older : name;
}

std::string use_own_statistics(const Network& network) { return name_in(network.inputs, "use_own_statistics", "own"); }

bool floats(const Tensor& tensor) { return tensor.dtype == "float32"; }

}  // namespace

Translator::Translator(Bundle bundle, std::int64_t tile) : bundle_(std::move(bundle)) {
    const Manifest& manifest = bundle_.manifest();
    if (tells_class()) targets_ = manifest.classes;
    else {
        if (translates(manifest, "b_to_a")) targets_.emplace_back("a");
        if (translates(manifest, "a_to_b")) targets_.emplace_back("b");
    }
    if (targets_.empty())
        throw InputError(bundle_.folder().string() + " must translate. Received: a bundle of '" +
                         detail::one_line(manifest.model, 60) + "'.");
    const Image& image = manifest.image;
    for (const auto side : {image.height, image.width, image.channels, image.multiple, tile}) at_most(side);
    detail::require_at_least(2 * image.multiple, "tile", tile);
    const auto side = tile - tile % image.multiple;
    tile_ = image.any_size ? Size{side, side} : Size{image.height, image.width};
}

Translator::Translator(std::filesystem::path folder, const Execution& execution, std::int64_t tile)
    : Translator(Bundle(std::move(folder), execution), tile) {}

// Whether one network translates to every class, and is told which.
bool Translator::tells_class() const { return translates(bundle_.manifest(), "to_class"); }

std::string Translator::towards(const std::string& to) const {
    std::string target = to.empty() && targets_.size() == 1 ? targets_.front() : to;
    if (!tells_class())
        for (const auto& [domain, name] : bundle_.manifest().domains)
            if (name == to) target = domain;
    if (std::find(targets_.begin(), targets_.end(), target) == targets_.end()) {
        std::string known;
        for (const auto& each : targets_) known += (known.empty() ? "" : " or ") + detail::one_line(each, 60);
        throw InputError(bundle_.folder().string() + " translates to " + known + ". Received: " +
                         (target.empty() ? "none." : "'" + detail::one_line(target, 60) + "'."));
    }
    if (tells_class()) return "to_class";
    return target == "b" ? "a_to_b" : "b_to_a";
}

// The label of a class that was checked; none where the network is told no class.
std::optional<std::int64_t> Translator::label_of(const std::string& to) const {
    if (!tells_class()) return std::nullopt;
    const auto found = std::find(targets_.begin(), targets_.end(), to.empty() ? targets_.front() : to);
    return static_cast<std::int64_t>(found - targets_.begin());
}

void Translator::check_images(const Pictures& images) const {
    const auto channels = bundle_.manifest().image.channels;
    if (images.shape.size() != 4 || images.shape[0] < 1 || images.shape[3] != channels ||
        images.values.size() != detail::product(images.shape))
        throw InputError("`images` must have the shape (n, height, width, " + std::to_string(channels) +
                         "). Received: (" + detail::joined(images.shape) + ").");
    if (std::min(images.shape[1], images.shape[2]) < smallest_side)
        throw InputError("a picture must have sides of at least " + std::to_string(smallest_side) +
                         " pixels. Received: " + std::to_string(images.shape[2]) + "x" +
                         std::to_string(images.shape[1]) + ".");
}

// The size that a picture is brought to by mirroring its right and lower border, for the network to take it.
Translator::Size Translator::size_inside(Size size) const {
    const Image& image = bundle_.manifest().image;
    // At the smallest scale of a network a border must have a neighbour to be mirrored from.
    const auto least = image.any_size ? Size{2 * image.multiple, 2 * image.multiple} : tile_;
    return {rounded_up(std::max(at_most(size.height), least.height), image.multiple),
            rounded_up(std::max(at_most(size.width), least.width), image.multiple)};
}

std::int64_t Translator::at_once(std::int64_t height, std::int64_t width) const {
    const auto padded = size_inside({height, width});
    return std::max<std::int64_t>(
        1, std::min(pixels_at_once, tile_.height * tile_.width) / (padded.height * padded.width));
}

std::int64_t Translator::channels(const std::string& to) const {
    return stated(bundle_, bundle_.network(towards(to)).outputs, "translation", 3);
}

std::int64_t Translator::noise_dim() const {
    const auto& inputs = bundle_.network(towards(targets_.front())).inputs;
    return inputs.count("latent") > 0 ? stated(bundle_, inputs, "latent", 1) : 0;
}

// The latent of an answer; none for a model without noise.
std::vector<float> Translator::latent_of(std::int64_t seed, std::int64_t variant) const {
    detail::require_at_least(0, "variant", variant);
    const auto size = noise_dim();
    if (size == 0 && (seed != 0 || variant != 0))
        throw InputError("`seed` and `variants` must be left out for " + bundle_.folder().string() +
                         ", which has one answer to each picture. Received: seed " + std::to_string(seed) + ".");
    std::vector<float> latent(detail::length(size));
    const std::int64_t one = 1;
    if (size > 0)
        bundle_.run("noise", {{"seed", {}, &seed}, {"n", {}, &one}, {"start", {}, &variant}},
                    {"latent", {1, size}, latent.data()});
    return latent;
}

Pictures Translator::translate(const Pictures& images, const std::string& to, std::int64_t seed,
                               std::int64_t variant) const {
    const auto network = towards(to);
    check_images(images);
    const Beside beside{latent_of(seed, variant), label_of(to)};
    const Size size{images.shape[1], images.shape[2]};
    const auto channels = images.shape[3];
    const auto inside = size_inside(size);
    const auto made_channels = stated(bundle_, bundle_.network(network).outputs, "translation", 3);
    const bool tiled = inside.height * inside.width > tile_.height * tile_.width;
    const auto step = tiled ? 1 : std::min(at_once(size.height, size.width), images.shape[0]);

    Pictures result{{images.shape[0], size.height, size.width, made_channels}, {}};
    result.values.reserve(detail::product(result.shape));
    std::vector<std::uint8_t> padded(detail::product({step, inside.height, inside.width, channels}));
    std::vector<std::uint8_t> made(detail::product({step, inside.height, inside.width, made_channels}));
    const auto source_stride = size.height * size.width * channels;
    const auto padded_stride = inside.height * inside.width * channels;
    const auto made_line = inside.width * made_channels;
    for (std::int64_t start = 0; start < images.shape[0]; start += step) {
        const auto count = std::min(step, images.shape[0] - start);
        for (std::int64_t index = 0; index < count; ++index)
            detail::mirrored(images.values.data() + (start + index) * source_stride, size.height, size.width, channels,
                             inside.height, inside.width, padded.data() + index * padded_stride);
        if (tiled) in_tiles(padded.data(), inside, network, beside, made.data());
        else run(network, padded.data(), count, inside, made.data(), beside);
        for (std::int64_t index = 0; index < count; ++index)
            for (std::int64_t row = 0; row < size.height; ++row) {
                const auto* line = made.data() + (index * inside.height + row) * made_line;
                result.values.insert(result.values.end(), line, line + size.width * made_channels);
            }
    }
    return result;
}

void Translator::in_tiles(const std::uint8_t* picture, Size size, const std::string& network,
                          const Beside& beside, std::uint8_t* result) const {
    const Image& image = bundle_.manifest().image;
    const auto tiles = [&](std::int64_t side, std::int64_t tile) {
        return detail::side_in_tiles(side, std::min(side, tile), tile / 4, image.multiple);
    };
    const auto rows = tiles(size.height, tile_.height);
    const auto columns = tiles(size.width, tile_.width);
    const auto channels = stated(bundle_, bundle_.network(network).outputs, "translation", 3);
    const auto by_statistics = network + "_tile";
    const bool measured = bundle_.manifest().networks.count(by_statistics) > 0;
    const auto given = measured ? statistics(picture, size, by_statistics, beside) : std::vector<float>();

    std::vector<std::uint8_t> part(detail::product({rows.tile, columns.tile, image.channels}));
    const auto cut_and_run = [&](std::int64_t top, std::int64_t left, std::uint8_t* made) {
        auto* line = part.data();
        for (std::int64_t row = top; row < top + rows.tile; ++row) {
            const auto* from = picture + (row * size.width + left) * image.channels;
            line = std::copy(from, from + columns.tile * image.channels, line);
        }
        run(measured ? by_statistics : network, part.data(), 1, {rows.tile, columns.tile}, made, beside,
            given);
    };
    detail::blend(rows, columns, channels, cut_and_run, result);
}

// What the normalizations of a network measure in the picture, at a reduced size that is no larger than a tile.
std::vector<float> Translator::statistics(const std::uint8_t* picture, Size size, const std::string& network,
                                          const Beside& beside) const {
    const Network& described = bundle_.network(network);
    const auto channels = bundle_.manifest().image.channels;
    const double pixels = static_cast<double>(size.height * size.width);
    const double scale = std::min(1.0, std::pow(static_cast<double>(tile_.height * tile_.width) / pixels, 0.5));
    const auto shorter = [scale](std::int64_t side) {
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(side) * scale));
    };
    const auto small =
        detail::reduced(picture, size.height, size.width, channels, shorter(size.height), shorter(size.width));
    const auto inside = size_inside({small.height, small.width});
    std::vector<std::uint8_t> padded(detail::product({1, inside.height, inside.width, channels}));
    detail::mirrored(small.values.data(), small.height, small.width, channels, inside.height, inside.width,
                     padded.data());

    const auto name = name_in(described.outputs, "measured_statistics", "measured");
    const auto count = stated(bundle_, described.outputs, name, 1);
    const auto taken = stated(bundle_, described.inputs, "statistics", 1);
    const std::vector<float> none(detail::length(taken));
    std::vector<float> measured(detail::length(count));
    const float own = 1.0F;
    const bool as_floats = floats(named(bundle_, described.inputs, "image"));
    detail::with_input(as_floats, padded.size(), padded.data(), [&](const auto* image) {
        std::vector<Input> inputs{{"image", {1, inside.height, inside.width, channels}, image},
                                  {"statistics", {1, taken}, none.data()},
                                  {use_own_statistics(described), {1, 1}, &own}};
        const auto size_of_latent = static_cast<std::int64_t>(beside.latent.size());
        if (size_of_latent > 0) inputs.push_back({"latent", {1, size_of_latent}, beside.latent.data()});
        if (beside.label) inputs.push_back({"label", {1}, &*beside.label});
        bundle_.run(network, inputs, {name, {1, count}, measured.data()});
    });
    return measured;
}

// Pictures of a size that the network takes; with statistics they stand in for the pictures' own.
void Translator::run(const std::string& network, const std::uint8_t* images, std::int64_t n, Size size,
                     std::uint8_t* result, const Beside& beside, const std::vector<float>& statistics) const {
    const Network& described = bundle_.network(network);
    const auto channels = bundle_.manifest().image.channels;
    const auto made_channels = stated(bundle_, described.outputs, "translation", 3);
    const std::vector<std::int64_t> taken{n, size.height, size.width, channels};
    const std::vector<std::int64_t> given{n, size.height, size.width, made_channels};
    const float own = 0.0F;
    const auto& latent = beside.latent;
    std::vector<float> latents;
    for (std::int64_t index = 0; index < n; ++index) latents.insert(latents.end(), latent.begin(), latent.end());
    const std::vector<std::int64_t> labels(detail::length(n), beside.label.value_or(0));
    const auto call = [&](const auto* image, auto* translation) {
        std::vector<Input> inputs{{"image", taken, image}};
        if (!statistics.empty()) {
            inputs.push_back({"statistics", {1, static_cast<std::int64_t>(statistics.size())}, statistics.data()});
            inputs.push_back({use_own_statistics(described), {1, 1}, &own});
        }
        if (!latent.empty())
            inputs.push_back({"latent", {n, static_cast<std::int64_t>(latent.size())}, latents.data()});
        if (beside.label) inputs.push_back({"label", {n}, labels.data()});
        bundle_.run(network, inputs, {"translation", given, translation});
    };
    const bool from_floats = floats(named(bundle_, described.inputs, "image"));
    const bool to_floats = floats(named(bundle_, described.outputs, "translation"));
    detail::with_input(from_floats, detail::product(taken), images, [&](const auto* image) {
        detail::with_output(to_floats, detail::product(given), result,
                            [&](auto* translation) { call(image, translation); });
    });
}

}  // namespace keras_gen
