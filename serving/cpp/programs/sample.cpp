// sample BUNDLE N SEED OUT: pictures of a seed in a grid, as `keras-gen sample` writes it, or in an array.
#include <algorithm>

#include "command_line.hpp"
#include "keras_gen/pictures.hpp"

namespace {

constexpr auto help = R"(sample BUNDLE N SEED OUT [OPTIONS]

Draws N pictures from a bundle, a folder or ready:NAME, and writes them as a grid, which shows up to three channels, if OUT ends in .png, or as
an array (n, height, width, channels) if it ends in .npy. The same seed gives the same pictures.

  --label NAME        pictures of one class, by its name; one class after the other by default
  --truncation LIMIT  draw latents within it: lower is less varied
  --batch_size COUNT  pictures computed at a time (64)
  --threads COUNT     CPU threads; all cores by default
  --provider NAME     auto, cpu, cuda or openvino
  --precision NAME    with openvino: float32 or bfloat16
)";

std::int64_t label_of(const keras_gen::Manifest& manifest, const std::string& name) {
    const auto found = std::find(manifest.classes.begin(), manifest.classes.end(), name);
    if (found != manifest.classes.end()) return found - manifest.classes.begin();
    if (manifest.classes.empty())
        throw keras_gen::InputError("--label must be left out for a model that knows no classes. Received: '" + name +
                                    "'.");
    std::string names;
    for (const auto& known : manifest.classes) names += (names.empty() ? "" : ", ") + known;
    throw keras_gen::InputError("--label must be one of " + names + ". Received: '" + name + "'.");
}

// What a grid leaves out, as `keras-gen sample` says it.
std::string without(std::int64_t channels) {
    const auto shown = keras_gen::shown_channels(channels);
    if (shown == channels) return "";
    return ", the first" + (shown > 1 ? " " + std::to_string(shown) : "") + " of " + std::to_string(channels) +
           " channels";
}

void sample(int count, char** values) {
    using command_line::number;
    const auto arguments = command_line::parsed(
        count, values, 4, {"--label", "--truncation", "--batch_size", "--threads", "--provider", "--precision"});
    const auto n = number<std::int64_t>("N", arguments.words[1]);
    const auto seed = number<std::int64_t>("SEED", arguments.words[2]);
    const auto target = command_line::out_name(arguments.words[3]);
    keras_gen::Draw draw;
    if (arguments.has("--truncation"))
        draw.truncation = number<float>("--truncation", arguments.text("--truncation", ""));
    if (arguments.has("--batch_size"))
        draw.batch_size = number<std::int64_t>("--batch_size", arguments.text("--batch_size", ""));
    const keras_gen::Sampler sampler(arguments.words[0], command_line::execution(arguments));
    if (arguments.has("--label"))
        draw.labels.assign(static_cast<std::size_t>(std::max<std::int64_t>(n, 1)),
                           label_of(sampler.bundle().manifest(), arguments.text("--label", "")));
    const auto columns = draw.labels.empty() ? sampler.columns() : 0;
    const auto pictures = sampler.sample(n, seed, draw);
    std::string left_out;
    if (command_line::is_array_name(target)) {
        keras_gen::write_array(target, pictures);
    } else {
        keras_gen::write_png(target, keras_gen::grid(pictures, columns));
        left_out = without(pictures.shape[3]);
    }
    std::cout << n << " pictures of seed " << seed << left_out << ": " << target.string() << '\n';
}

}  // namespace

int main(int count, char** values) {
    return command_line::run(count, values, "sample", help, [&] { sample(count, values); });
}
