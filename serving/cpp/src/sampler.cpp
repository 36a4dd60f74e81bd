#include "support.hpp"

namespace keras_gen {
namespace {

using Labels = std::vector<std::int64_t>;

constexpr std::int64_t most_columns = 20;

bool floats(const Tensor& tensor) { return tensor.dtype == "float32"; }

const Tensor& named(const Bundle& bundle, const std::map<std::string, Tensor>& tensors, const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw InputError(bundle.folder().string() + " must have '" + name + "' where it is used. Received: a bundle "
                         "without it.");
    return found->second;
}

// The shape of n outputs, whose axes after the first are fixed.
std::vector<std::int64_t> output_shape(const Bundle& bundle, const std::string& network, const std::string& output,
                                       std::int64_t n) {
    const auto& axes = named(bundle, bundle.network(network).outputs, output).axes;
    const auto shape = detail::behind_first(n, axes);
    if (axes.empty() || std::find(shape.begin(), shape.end(), any_length) != shape.end())
        throw InputError(bundle.folder().string() + " must state the size of '" + output + "'. Received: a free one.");
    return shape;
}

std::size_t one(const std::vector<std::int64_t>& shape) {
    return detail::product(std::vector<std::int64_t>(shape.begin() + 1, shape.end()));
}

// Offset of row `start`.
std::size_t offset(const std::vector<std::int64_t>& shape, std::int64_t start) {
    return detail::length(start) * one(shape);
}

Labels part_of(const Labels& labels, std::int64_t start, std::int64_t n) {
    return {labels.begin() + start, labels.begin() + start + n};
}

}  // namespace

Sampler::Sampler(Bundle bundle) : bundle_(std::move(bundle)) {}

Sampler::Sampler(std::filesystem::path folder, const Execution& execution)
    : Sampler(Bundle(std::move(folder), execution)) {}

bool Sampler::takes_label(const std::string& network) const {
    return bundle_.network(network).inputs.count("label") > 0;
}

bool Sampler::takes_class() const {
    const auto& networks = bundle_.manifest().networks;
    return std::any_of(networks.begin(), networks.end(),
                       [this](const auto& entry) { return takes_label(entry.first); });
}

std::int64_t Sampler::columns() const {
    const auto classes = static_cast<std::int64_t>(bundle_.manifest().classes.size());
    return takes_class() && classes <= most_columns ? classes : 0;
}

void Sampler::check_labels(const Labels& labels, std::int64_t n) const {
    const auto classes = static_cast<std::int64_t>(bundle_.manifest().classes.size());
    if (static_cast<std::int64_t>(labels.size()) != n)
        throw InputError("`labels` must be " + std::to_string(n) + " integers. Received: " +
                         std::to_string(labels.size()) + ".");
    for (const auto label : labels)
        if (label < 0 || label >= classes)
            throw InputError("`labels` must be from 0 to " + std::to_string(classes - 1) +
                             ". Received: " + std::to_string(label) + ".");
}

// Labels that are needed and given, or neither.
void Sampler::check_network_labels(const std::string& network, const Labels& labels, std::int64_t n) const {
    if (takes_label(network)) {
        if (labels.empty())
            throw InputError("the " + network + " of " + bundle_.folder().string() +
                             " must be given a class. Received: no class.");
        check_labels(labels, n);
    } else if (!labels.empty() && !takes_class()) {
        throw InputError("`labels` must be left out for " + bundle_.folder().string() +
                         ", whose networks take no class. Received: " + std::to_string(labels.size()) + ".");
    }
}

void Sampler::check_draw(std::int64_t n, const Draw& draw) const {
    detail::require_at_least(1, "n", n);
    detail::require_at_least(1, "batch_size", draw.batch_size);
    if (draw.truncation && !(*draw.truncation > 0))
        throw InputError("`truncation` must be above 0. Received: " + std::to_string(*draw.truncation) + ".");
    if (draw.truncation && bundle_.network("noise").inputs.count("truncation") == 0)
        throw InputError("`truncation` must be left out for " + bundle_.folder().string() +
                         ", whose noise takes none. Received: " + std::to_string(*draw.truncation) + ".");
    if (!takes_class()) {
        if (!draw.labels.empty()) check_network_labels("noise", draw.labels, n);
    } else if (!draw.labels.empty()) {
        check_labels(draw.labels, n);
    } else if (bundle_.manifest().classes.empty()) {
        throw InputError(bundle_.folder().string() + " must name its classes. Received: a manifest without them.");
    }
}

std::vector<std::int64_t> Sampler::drawn_labels(std::int64_t n, std::int64_t start, const Draw& draw) const {
    if (!draw.labels.empty()) return part_of(draw.labels, start, n);
    const auto classes = static_cast<std::int64_t>(bundle_.manifest().classes.size());
    Labels labels(takes_class() ? detail::length(n) : 0);
    for (std::size_t index = 0; index < labels.size(); ++index)
        labels[index] = (start % classes + static_cast<std::int64_t>(index)) % classes;
    return labels;
}

void Sampler::drawn_latents(std::int64_t n, std::int64_t seed, std::int64_t start, const Labels& labels,
                            std::optional<float> truncation, float* latents) const {
    const float limit = truncation.value_or(std::numeric_limits<float>::infinity());
    std::vector<Input> inputs{{"seed", {}, &seed}, {"n", {}, &n}, {"start", {}, &start}};
    if (takes_label("noise")) inputs.push_back({"label", {n}, labels.data()});
    if (bundle_.network("noise").inputs.count("truncation") > 0) inputs.push_back({"truncation", {}, &limit});
    bundle_.run("noise", inputs, {"latent", output_shape(bundle_, "noise", "latent", n), latents});
}

Array<float> Sampler::latents(std::int64_t n, std::int64_t seed, std::int64_t start, const Draw& draw) const {
    check_draw(n, draw);
    detail::require_at_least(0, "start", start);
    Array<float> latents{output_shape(bundle_, "noise", "latent", n), {}};
    latents.values = detail::room_for<float>(latents.shape);
    latents.values.resize(detail::product(latents.shape));
    const auto labels = draw.labels.empty() ? drawn_labels(n, start, draw) : draw.labels;
    drawn_latents(n, seed, start, labels, draw.truncation, latents.values.data());
    return latents;
}

template <class Pixel>
void Sampler::stream(std::int64_t n, std::int64_t seed, const Draw& draw,
                     const std::function<void(Array<Pixel>&&)>& take) const {
    check_draw(n, draw);
    for (std::int64_t start = 0; start < n;) {
        const auto count = std::min(draw.batch_size, n - start);
        const auto labels = drawn_labels(count, start, draw);
        Array<float> drawn{output_shape(bundle_, "noise", "latent", count), {}};
        drawn.values.resize(detail::product(drawn.shape));
        drawn_latents(count, seed, start, labels, draw.truncation, drawn.values.data());
        take(decode<Pixel>(drawn, takes_label("decoder") ? labels : Labels(), count));
        start += count;
    }
}

template <class Pixel>
Array<Pixel> Sampler::sample(std::int64_t n, std::int64_t seed, const Draw& draw) const {
    check_draw(n, draw);
    Array<Pixel> collected{output_shape(bundle_, "decoder", "image", n), {}};
    collected.values = detail::room_for<Pixel>(collected.shape);
    stream<Pixel>(n, seed, draw, [&](Array<Pixel>&& part) {
        collected.values.insert(collected.values.end(), part.values.begin(), part.values.end());
    });
    return collected;
}

template <class Pixel>
Array<Pixel> Sampler::decode(const Array<float>& latents, const Labels& labels, std::int64_t batch_size) const {
    detail::require_at_least(1, "batch_size", batch_size);
    const auto size = bundle_.manifest().latent_size.value_or(0);
    const auto n = latents.shape.empty() ? 0 : latents.shape.front();
    if (latents.shape != std::vector<std::int64_t>{n, size} || n < 1 ||
        latents.values.size() != detail::product(latents.shape))
        throw InputError("`latents` must have the shape (n, " + std::to_string(size) + "). Received: (" +
                         detail::joined(latents.shape) + ").");
    detail::require_finite("latents", latents.values);
    check_network_labels("decoder", labels, n);
    const bool made_as_floats = floats(named(bundle_, bundle_.network("decoder").outputs, "image"));
    Array<Pixel> images{output_shape(bundle_, "decoder", "image", n), {}};
    images.values.resize(detail::product(images.shape));
    for (std::int64_t start = 0; start < n;) {
        const auto count = std::min(batch_size, n - start);
        std::vector<Input> inputs{{"latent", {count, size}, latents.values.data() + offset(latents.shape, start)}};
        if (takes_label("decoder")) inputs.push_back({"label", {count}, labels.data() + start});
        const auto shape = detail::behind_first(count, images.shape);
        detail::with_output(made_as_floats, detail::product(shape), images.values.data() + offset(shape, start),
                            [&](auto* made) { bundle_.run("decoder", inputs, {"image", shape, made}); });
        start += count;
    }
    return images;
}

// What a network reads out of pictures.
template <class Pixel>
Array<float> Sampler::read(const std::string& network, const std::string& output, const Array<Pixel>& images,
                           const Labels& labels, std::int64_t batch_size) const {
    detail::require_at_least(1, "batch_size", batch_size);
    const Tensor& expected = named(bundle_, bundle_.network(network).inputs, "image");
    const auto n = images.shape.empty() ? 0 : images.shape.front();
    if (images.shape != detail::behind_first(n, expected.axes) || n < 1 ||
        images.values.size() != detail::product(images.shape))
        throw InputError("`images` must have the shape (" +
                         detail::joined(detail::behind_first(n, expected.axes)) + "). Received: (" +
                         detail::joined(images.shape) + ").");
    if constexpr (std::is_same_v<Pixel, float>) detail::require_finite("images", images.values);
    check_network_labels(network, labels, n);
    Array<float> found{output_shape(bundle_, network, output, n), {}};
    found.values.resize(detail::product(found.shape));
    for (std::int64_t start = 0; start < n;) {
        const auto count = std::min(batch_size, n - start);
        const auto shape = detail::behind_first(count, images.shape);
        detail::with_input(
            floats(expected), detail::product(shape), images.values.data() + offset(images.shape, start),
            [&](const auto* pixels) {
                std::vector<Input> inputs{{"image", shape, pixels}};
                if (takes_label(network)) inputs.push_back({"label", {count}, labels.data() + start});
                bundle_.run(network, inputs,
                            {output, detail::behind_first(count, found.shape),
                             found.values.data() + offset(found.shape, start)});
            });
        start += count;
    }
    return found;
}

template <class Pixel>
Array<float> Sampler::encode(const Array<Pixel>& images, const Labels& labels, std::int64_t batch_size) const {
    const bool code = bundle_.network("encoder").outputs.count("code") > 0;
    return read("encoder", code ? "code" : "mean", images, labels, batch_size);
}

template <class Pixel>
Array<Pixel> Sampler::reconstruct(const Array<Pixel>& images, const Labels& labels, std::int64_t batch_size) const {
    return decode<Pixel>(encode(images, labels, batch_size), labels, batch_size);
}

template <class Pixel>
Array<float> Sampler::classify(const Array<Pixel>& images, std::int64_t batch_size) const {
    return read("classifier", "probabilities", images, {}, batch_size);
}

#define KERAS_GEN_PIXEL(Pixel)                                                                                      \
    template Array<Pixel> Sampler::sample<Pixel>(std::int64_t, std::int64_t, const Draw&) const;                    \
    template void Sampler::stream<Pixel>(std::int64_t, std::int64_t, const Draw&,                                   \
                                         const std::function<void(Array<Pixel>&&)>&) const;                         \
    template Array<Pixel> Sampler::decode<Pixel>(const Array<float>&, const Labels&, std::int64_t) const;           \
    template Array<float> Sampler::encode<Pixel>(const Array<Pixel>&, const Labels&, std::int64_t) const;           \
    template Array<Pixel> Sampler::reconstruct<Pixel>(const Array<Pixel>&, const Labels&, std::int64_t) const;      \
    template Array<float> Sampler::classify<Pixel>(const Array<Pixel>&, std::int64_t) const;

KERAS_GEN_PIXEL(std::uint8_t)
KERAS_GEN_PIXEL(float)
#undef KERAS_GEN_PIXEL

}  // namespace keras_gen
