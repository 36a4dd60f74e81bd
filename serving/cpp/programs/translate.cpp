// translate BUNDLE IN OUT: a picture of one domain as one of another, as `keras-gen translate` does it.
#include "command_line.hpp"
#include "keras_gen/pictures.hpp"

namespace {

constexpr auto help = R"(translate BUNDLE IN OUT [OPTIONS]

Translates a PNG or JPEG picture of any size, or an array (height, width, channels) in a .npy file, and writes a PNG,
or an array if OUT ends in .npy. More than four channels are arrays on both sides. BUNDLE is a folder or ready:NAME.

  --to DOMAIN         a or b, or its name; may be left out where a bundle translates to one only
  --seed NUMBER       of a model with noise: the seed of the answer (0); the same seed gives the same picture
  --variants COUNT    of a model with noise: write so many answers, `zebra_1.png` and on for `zebra.png`
  --tile SIDE         side of the tiles that larger pictures are cut into (768)
  --max_pixels COUNT  a larger picture is refused (100000000)
  --threads COUNT     CPU threads; all cores by default
  --provider NAME     auto, cpu, cuda or openvino
  --precision NAME    with openvino: float32 or bfloat16
)";

void translate(int count, char** values) {
    using command_line::number;
    const auto arguments = command_line::parsed(
        count, values, 3,
        {"--to", "--seed", "--variants", "--tile", "--max_pixels", "--threads", "--provider", "--precision"});
    const auto target = command_line::out_name(arguments.words[2]);
    const auto tile = number<std::int64_t>("--tile", arguments.text("--tile", "768"));
    const auto max_pixels = number<std::int64_t>(
        "--max_pixels", arguments.text("--max_pixels", std::to_string(keras_gen::most_pixels)));
    const keras_gen::Translator translator(arguments.words[0], command_line::execution(arguments), tile);
    const auto& image = translator.bundle().manifest().image;
    const auto made = translator.channels(arguments.text("--to", ""));
    const bool as_array = command_line::is_array_name(target);
    if (!as_array && made > keras_gen::most_channels)
        throw keras_gen::InputError("the file to write must end in .npy for pictures of " + std::to_string(made) +
                                    " channels. Received: " + target.string() + ".");
    auto picture = keras_gen::read_picture(arguments.words[1], image.channels, max_pixels, image.value_range);
    if (!picture.note.empty()) std::cerr << "translate: " << picture.note << '\n';
    const auto asked = arguments.text("--variants", "");
    for (const std::string name : {"--seed", "--variants"})
        if (!arguments.text(name, "").empty() && translator.noise_dim() == 0)
            throw keras_gen::InputError(name + " must be left out for " + arguments.words[0] +
                                        ", which has one answer to each picture. Received: " +
                                        arguments.text(name, "") + ".");
    const auto seed = number<std::int64_t>("--seed", arguments.text("--seed", "0"));
    const auto variants = number<std::int64_t>("--variants", asked.empty() ? "1" : asked);
    if (variants < 1)
        throw keras_gen::InputError("--variants must be at least 1. Received: " + std::to_string(variants) + ".");
    const auto given = picture.pixels;
    for (std::int64_t variant = 0; variant < variants; ++variant) {
        auto file = target;
        if (!asked.empty())
            file.replace_filename(target.stem().string() + "_" + std::to_string(variant + 1) +
                                  target.extension().string());
        picture.pixels = translator.translate(given, arguments.text("--to", ""), seed, variant);
        if (as_array) keras_gen::write_array(file, picture);
        else keras_gen::write_png(file, picture);
        std::cout << "translated: " << file.string() << '\n';
    }
}

}  // namespace

int main(int count, char** values) {
    return command_line::run(count, values, "translate", help, [&] { translate(count, values); });
}
