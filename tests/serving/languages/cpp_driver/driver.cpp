// What the tests ask of the library: driver COMMAND BUNDLE OUT key=value ...
// Arrays are files of their values alone; the shape of the answer is printed.
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "keras_gen/keras_gen.hpp"
#include "keras_gen/pictures.hpp"
#include "resampling.hpp"
#include "stored.hpp"

namespace {

using keras_gen::Array;
using keras_gen::Pictures;

std::map<std::string, std::string> options;
std::string out;

std::vector<std::int64_t> integers(const std::string& name) {
    std::vector<std::int64_t> values;
    std::istringstream text(options[name]);
    for (std::string word; std::getline(text, word, ',');) values.push_back(std::stoll(word));
    return values;
}

std::int64_t integer(const std::string& name, std::int64_t otherwise) {
    return options.count(name) > 0 ? std::stoll(options[name]) : otherwise;
}

std::string content_of(const std::string& name) {
    std::ifstream file(options[name], std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
Array<T> input() {
    const auto content = content_of("in");
    Array<T> array{integers("shape"), std::vector<T>(content.size() / sizeof(T))};
    const auto* values = reinterpret_cast<const T*>(content.data());
    std::copy(values, values + array.values.size(), array.values.begin());
    return array;
}

template <class T>
void give(const Array<T>& array) {
    std::ofstream(out, std::ios::binary)
        .write(reinterpret_cast<const char*>(array.values.data()),
               static_cast<std::streamsize>(array.values.size() * sizeof(T)));
    for (std::size_t axis = 0; axis < array.shape.size(); ++axis)
        std::cout << (axis > 0 ? "," : "") << array.shape[axis];
    std::cout << '\n';
}

keras_gen::Draw draw() {
    keras_gen::Draw draw;
    draw.labels = integers("labels");
    draw.batch_size = integer("batch", 64);
    if (options.count("truncation") > 0) draw.truncation = std::stof(options["truncation"]);
    return draw;
}

template <class Pixel>
bool ran_for(const std::string& command, const keras_gen::Sampler& sampler) {
    const auto labels = integers("labels");
    const auto batch = integer("batch", 64);
    const auto n = integer("n", 1);
    const auto seed = integer("seed", 0);
    if (command == "sample") give(sampler.sample<Pixel>(n, seed, draw()));
    else if (command == "decode") give(sampler.decode<Pixel>(input<float>(), labels, batch));
    else if (command == "encode") give(sampler.encode(input<Pixel>(), labels, batch));
    else if (command == "reconstruct") give(sampler.reconstruct(input<Pixel>(), labels, batch));
    else if (command == "classify") give(sampler.classify(input<Pixel>(), batch));
    else if (command == "latents") give(sampler.latents(n, seed, integer("start", 0), draw()));
    else return false;
    return true;
}

Array<std::uint8_t> resampled(const std::string& command) {
    const auto picture = input<std::uint8_t>();
    const auto size = integers("size");
    const auto& shape = picture.shape;
    Array<std::uint8_t> made{{size[0], size[1], shape[2]}, {}};
    made.values.resize(static_cast<std::size_t>(size[0] * size[1] * shape[2]));
    if (command == "mirrored")
        keras_gen::detail::mirrored(picture.values.data(), shape[0], shape[1], shape[2], size[0], size[1],
                                    made.values.data());
    else
        made.values = keras_gen::detail::reduced(picture.values.data(), shape[0], shape[1], shape[2], size[0], size[1])
                          .values;
    return made;
}

// Pictures of a sampler that four threads share, one after the other.
Pictures by_threads(const std::string& bundle) {
    const keras_gen::Sampler sampler(bundle);
    std::vector<Pictures> parts(4);
    std::vector<std::thread> threads;
    for (auto& part : parts)
        threads.emplace_back([&] { part = sampler.sample(integer("n", 1), integer("seed", 0), {{}, {}, 3}); });
    for (auto& thread : threads) thread.join();
    Pictures all = parts.front();
    for (std::size_t index = 1; index < parts.size(); ++index) {
        all.shape.front() += parts[index].shape.front();
        all.values.insert(all.values.end(), parts[index].values.begin(), parts[index].values.end());
    }
    return all;
}

// Reads content of a kind; what it is not is an InputError.
void read_kind(const std::string& kind, const std::string& content) {
    if (kind == "manifest") {
        keras_gen::read_manifest(content);
    } else if (kind == "onnx") {
        const keras_gen::StoredFile weights{"decoder.weights", "", 16};
        keras_gen::detail::check_onnx("fuzzed", content, weights);
    } else {
        std::ofstream(out, std::ios::binary) << content;
        keras_gen::read_picture(out, 3, 100'000);
    }
}

void fuzz(const std::string& kind) {
    std::mt19937 random(1);
    const auto content = content_of("in");
    std::int64_t broken = 0;
    const auto n = integer("n", 1);
    for (std::int64_t index = 0; index < n; ++index) {
        auto altered = content;
        for (auto changes = random() % 4 + 1; changes > 0; --changes)
            altered[random() % altered.size()] = static_cast<char>(random());
        if (random() % 8 == 0) altered.resize(random() % altered.size());
        try {
            read_kind(kind, altered);
        } catch (const keras_gen::InputError&) {
            ++broken;
        }
    }
    std::cout << n - broken << ' ' << broken << '\n';
}

// Reads a bundle as far as no runtime is needed: the manifest, or every file too.
void read_bundle(const std::filesystem::path& bundle, bool files) {
    const auto manifest = keras_gen::detail::manifest_of(bundle);
    if (!files) return;
    for (const auto& [name, network] : manifest.networks) {
        const auto content = keras_gen::detail::read_verified(bundle, network.file);
        keras_gen::detail::check_onnx(bundle / network.file.name, content, network.weights);
        if (network.weights) keras_gen::detail::read_verified(bundle, *network.weights);
    }
}

// What each of several bundles, a folder a line, is refused with; an empty line for one that is not.
void read_bundles(bool files) {
    std::istringstream folders(content_of("in"));
    for (std::string folder; std::getline(folders, folder);) {
        try {
            read_bundle(folder, files);
        } catch (const keras_gen::InputError& error) {
            std::cout << error.what();
        }
        std::cout << '\n';
    }
}

void run(const std::string& command, const std::string& bundle) {
    if (command == "sha256") {
        std::cout << keras_gen::detail::sha256(content_of("in")) << '\n';
    } else if (command == "manifests" || command == "bundles") {
        read_bundles(command == "bundles");
    } else if (command == "mirrored" || command == "reduced") {
        give(resampled(command));
    } else if (command == "read") {
        std::optional<keras_gen::ValueRange> range;
        if (options.count("white") > 0) range = {std::stod(options["black"]), std::stod(options["white"])};
        const auto picture =
            keras_gen::read_picture(options["in"], integer("channels", 3), keras_gen::most_pixels, range);
        give(picture.pixels);
        if (options.count("write") > 0) keras_gen::write_png(options["write"], picture);
        if (options.count("npy") > 0) keras_gen::write_array(options["npy"], picture);
    } else if (command == "threads") {
        give(by_threads(bundle));
    } else if (command == "fuzz") {
        fuzz(options["kind"]);
    } else if (command == "translate") {
        const keras_gen::Translator translator(bundle, {}, integer("tile", 768));
        give(translator.translate(input<std::uint8_t>(), options["to"], integer("seed", 0), integer("variant", 0)));
    } else {
        const keras_gen::Sampler sampler(bundle);
        const bool known = options["pixel"] == "float" ? ran_for<float>(command, sampler)
                                                       : ran_for<std::uint8_t>(command, sampler);
        if (!known) throw keras_gen::InputError("no such command: " + command);
    }
}

}  // namespace

int main(int count, char** values) {
    for (int index = 4; index < count; ++index) {
        const std::string word = values[index];
        options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    out = values[3];
    try {
        run(values[1], values[2]);
        return 0;
    } catch (const keras_gen::InputError& error) {
        std::cerr << "driver: " << error.what() << '\n';
        return 2;
    }
}
