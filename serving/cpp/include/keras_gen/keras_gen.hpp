// Bundles of keras-gen in C++: pictures by seed, back to latents and classes, and from one domain to another.
//
// A picture is uint8, height x width x channels, row by row; arrays hold n of them one after the other. The same seed
// gives the same pictures as in Python. Everything here may be used from several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace keras_gen {

// What the caller gave cannot be used: an argument, a file, the installed ONNX Runtime. One line that says what was
// expected and what came. Other failures are other std::exceptions.
class InputError : public std::runtime_error {
public:
    explicit InputError(std::string message) : std::runtime_error(on_one_line(std::move(message))) {}

private:
    // Names in a message come from files that anyone may have written.
    static std::string on_one_line(std::string message) {
        for (char& letter : message)
            if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) letter = ' ';
        return message;
    }
};

// Numbers row by row; as many values as the sizes in `shape` multiply to.
template <class T>
struct Array {
    std::vector<std::int64_t> shape;
    std::vector<T> values;
};

// (n, height, width, channels).
using Pictures = Array<std::uint8_t>;

// ---------------------------------------------------------------------------------------------------- the manifest

constexpr std::int64_t newest_format = 3;
constexpr std::int64_t any_length = -1;

struct Tensor {
    std::vector<std::int64_t> axes;  // `any_length` for one that is free
    std::string dtype;               // NumPy's name: uint8, float32, int64
};

struct StoredFile {
    std::string name;
    std::string sha256;
    std::uint64_t size = 0;
};

struct Network {
    StoredFile file;
    std::optional<StoredFile> weights;  // beside it; networks may share one
    std::map<std::string, Tensor> inputs;
    std::map<std::string, Tensor> outputs;
    bool one_by_one = false;  // takes one example at a time, whatever its axes say
};

// The numbers of a picture that are black and white.
struct ValueRange {
    double black = 0;
    double white = 0;
};

struct Image {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 0;
    bool any_size = false;  // height and width are free multiples of `multiple`
    std::int64_t multiple = 1;
    std::optional<ValueRange> value_range{};  // of training pictures of more than 8 bits; full scale without it
};

struct Manifest {
    std::int64_t format_version = 0;
    std::string model;
    std::map<std::string, Network> networks;
    Image image;
    std::optional<std::int64_t> latent_size;
    std::vector<std::string> classes;  // names in the order of their labels
    std::map<std::string, std::string> domains{};  // a and b, and what their pictures are called where they have names
};

// What a `manifest.json` says. InputError: not JSON, a newer format, a feature that is not known, an entry that is
// missing or of another type. Optional entries that are not known are ignored.
Manifest read_manifest(const std::string& json);

// ------------------------------------------------------------------------------------------------------ the bundle

struct Execution {
    // cpu, cuda, openvino, or auto: CUDA where a driver and a library built for it are, else CPU
    std::string provider = "auto";
    int threads = 0;                    // inside an operator; 0 for all cores
    std::string precision = "float32";  // or bfloat16, what OpenVINO computes pictures in
};

struct Input {
    std::string name;
    std::vector<std::int64_t> shape;  // empty for a single number
    std::variant<const std::uint8_t*, const float*, const std::int64_t*> values;
};

struct Output {
    std::string name;
    std::vector<std::int64_t> shape;
    std::variant<std::uint8_t*, float*> values;
};

// A folder written by `keras-gen export`, or `ready:NAME`, a bundle that comes with keras-gen: in the folder of the
// variable KERAS_GEN_READY, or in the one that was installed with the library. Copies share the networks that are open.
class Bundle {
public:
    // InputError: no bundle, a file that is missing, a link that leads out of the bundle or of another size, an unknown
    // provider, a precision that it does not compute in, more threads than any machine has, an ONNX Runtime that is older than the headers this was built with.
    explicit Bundle(std::filesystem::path folder, const Execution& execution = {});

    const std::filesystem::path& folder() const;
    const Manifest& manifest() const;

    // `cpu`, `cuda` or `openvino`.
    const std::string& provider() const;

    // InputError: there is none of that name.
    const Network& network(const std::string& name) const;

    // Runs a network and writes one of its outputs to memory of the caller, of the type and shape given. A network is
    // opened when it is first used: its bytes and those of its weights are compared with their SHA-256 and handed to
    // ONNX Runtime as they were compared.
    // InputError: a damaged file, one with data in other files, one that this ONNX Runtime cannot run.
    void run(const std::string& network, const std::vector<Input>& inputs, const Output& output) const;

private:
    void run_once(const std::string& network, const std::vector<Input>& inputs, const Output& output) const;

    struct State;
    std::shared_ptr<State> state_;
};

// --------------------------------------------------------------------------------------------------------- sampling

struct Draw {
    std::vector<std::int64_t> labels = {};       // one for each picture; empty: one class after the other
    std::optional<float> truncation = {};        // limit for the numbers of a latent, above 0; none by default
    std::int64_t batch_size = 64;                // pictures computed at a time; changes no picture
};

// Pictures by seed, by latent, and back to latents or classes where the bundle has a network for it.
//
// `Pixel` is std::uint8_t, or float for values in [-1, 1]. For bundles exported with float pictures floats are what
// the network gives; otherwise they are converted. Every method raises InputError for arguments that do not fit.
class Sampler {
public:
    explicit Sampler(Bundle bundle);
    explicit Sampler(std::filesystem::path folder, const Execution& execution = {});

    const Bundle& bundle() const { return bundle_; }

    // Whether a network is told the class.
    bool takes_class() const;

    // Columns for a grid of samples without labels: one per class where there are up to 20; 0 where it does not matter.
    std::int64_t columns() const;

    // `n` pictures: (n, height, width, channels).
    template <class Pixel = std::uint8_t>
    Array<Pixel> sample(std::int64_t n, std::int64_t seed = 0, const Draw& draw = {}) const;

    // The pictures of `sample` in pieces of `draw.batch_size`, in bounded memory.
    template <class Pixel = std::uint8_t>
    void stream(std::int64_t n, std::int64_t seed, const Draw& draw,
                const std::function<void(Array<Pixel>&&)>& take) const;

    // The latents `start` to `start + n - 1` of a seed: (n, latent size).
    Array<float> latents(std::int64_t n, std::int64_t seed = 0, std::int64_t start = 0, const Draw& draw = {}) const;

    // Pictures of latents, (n, latent size); with labels where the decoder sees the class.
    template <class Pixel = std::uint8_t>
    Array<Pixel> decode(const Array<float>& latents, const std::vector<std::int64_t>& labels = {},
                        std::int64_t batch_size = 64) const;

    // Codes of pictures, (n, latent size): the posterior mean where the encoder gives a distribution.
    template <class Pixel>
    Array<float> encode(const Array<Pixel>& images, const std::vector<std::int64_t>& labels = {},
                        std::int64_t batch_size = 64) const;

    // Pictures decoded from the codes of pictures.
    template <class Pixel>
    Array<Pixel> reconstruct(const Array<Pixel>& images, const std::vector<std::int64_t>& labels = {},
                             std::int64_t batch_size = 64) const;

    // How probable each class is: (n, classes).
    template <class Pixel>
    Array<float> classify(const Array<Pixel>& images, std::int64_t batch_size = 64) const;

private:
    void drawn_latents(std::int64_t n, std::int64_t seed, std::int64_t start, const std::vector<std::int64_t>& labels,
                       std::optional<float> truncation, float* latents) const;
    std::vector<std::int64_t> drawn_labels(std::int64_t n, std::int64_t start, const Draw& draw) const;
    void check_draw(std::int64_t n, const Draw& draw) const;
    bool takes_label(const std::string& network) const;
    void check_labels(const std::vector<std::int64_t>& labels, std::int64_t n) const;
    void check_network_labels(const std::string& network, const std::vector<std::int64_t>& labels,
                              std::int64_t n) const;
    template <class Pixel>
    Array<float> read(const std::string& network, const std::string& output, const Array<Pixel>& images,
                      const std::vector<std::int64_t>& labels, std::int64_t batch_size) const;

    Bundle bundle_;
};

// ------------------------------------------------------------------------------------------------------ translating

// Pictures from one domain to another, of any size.
class Translator {
public:
    // `tile` is the side of the tiles that pictures of more pixels are cut into; for a network that takes one size it
    // is that size. InputError: not a bundle of a model that translates, a tile that is too small.
    explicit Translator(Bundle bundle, std::int64_t tile = 768);
    explicit Translator(std::filesystem::path folder, const Execution& execution = {}, std::int64_t tile = 768);

    const Bundle& bundle() const { return bundle_; }

    // The domains that pictures can be translated to: `a`, `b`, or the classes of a network that is told one.
    const std::vector<std::string>& targets() const { return targets_; }

    // Translates pictures of one size, (n, height, width, channels) with sides of at least 2, as many at once as is
    // fastest, and those larger than a tile in tiles. `to` may be empty where there is one domain only. Of a model with
    // noise it gives every picture the answer `variant`, from 0, of `seed`; others have one answer, and take neither.
    Pictures translate(const Pictures& images, const std::string& to = "", std::int64_t seed = 0,
                       std::int64_t variant = 0) const;

    // Length of the latents by which a picture has several answers; 0 where it has one.
    std::int64_t noise_dim() const;

    // Channels of the pictures that `translate` gives. InputError: as there, for the domain.
    std::int64_t channels(const std::string& to = "") const;

    // How many pictures of a size are translated at a time.
    std::int64_t at_once(std::int64_t height, std::int64_t width) const;

private:
    struct Size {
        std::int64_t height;
        std::int64_t width;
    };

    // What a network is given beside pictures, the same for each: a latent, where it has noise, or a class.
    struct Beside {
        std::vector<float> latent;
        std::optional<std::int64_t> label;
    };

    bool tells_class() const;
    std::string towards(const std::string& to) const;
    std::optional<std::int64_t> label_of(const std::string& to) const;
    void check_images(const Pictures& images) const;
    Size size_inside(Size size) const;
    std::vector<float> latent_of(std::int64_t seed, std::int64_t variant) const;
    void in_tiles(const std::uint8_t* picture, Size size, const std::string& network, const Beside& beside,
                  std::uint8_t* result) const;
    std::vector<float> statistics(const std::uint8_t* picture, Size size, const std::string& network,
                                  const Beside& beside) const;
    void run(const std::string& network, const std::uint8_t* images, std::int64_t n, Size size, std::uint8_t* result,
             const Beside& beside, const std::vector<float>& statistics = {}) const;

    Bundle bundle_;
    std::vector<std::string> targets_;
    Size tile_{};
};

}  // namespace keras_gen
