// Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays"; numpy.lib.format.
#include "array_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "decoded.hpp"
#include "keras_gen/pictures.hpp"
#include "support.hpp"
#include "whole_file.hpp"

namespace keras_gen {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;
constexpr double full_scale = 65535.0;

[[noreturn]] void fail(const fs::path& path, const std::string& problem) {
    throw InputError(path.string() + " must be a .npy file. Received: " + detail::one_line(problem, 120) + ".");
}

std::size_t byte_at(std::string_view content, std::size_t place) {
    return static_cast<unsigned char>(content[place]);
}

// The header's text, which is a dictionary of Python, and where the values begin.
std::pair<std::string_view, std::size_t> header_of(const fs::path& path, std::string_view content) {
    const std::size_t begin = magic.size() + 2;
    const std::size_t digits = content.size() > magic.size() && byte_at(content, magic.size()) == 1 ? 2 : 4;
    if (content.size() < begin + digits) fail(path, "a header that is cut off");
    std::size_t size = 0;
    for (std::size_t place = digits; place > 0; --place) size = size << 8U | byte_at(content, begin + place - 1);
    if (size > content.size() - begin - digits) fail(path, "a header that is cut off");
    return {content.substr(begin + digits, size), begin + digits + size};
}

// What stands between two texts; empty where they do not.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
    const auto start = text.find(before);
    if (start == std::string_view::npos) return {};
    const auto from = text.substr(start + before.size());
    const auto end = from.find(after);
    return end == std::string_view::npos ? std::string_view{} : from.substr(0, end);
}

std::vector<std::int64_t> shape_of(const fs::path& path, std::string_view header) {
    std::vector<std::int64_t> shape;
    auto text = between(header, "'shape': (", ")");
    while (!text.empty()) {
        const auto digit = text.find_first_of("0123456789");
        if (digit == std::string_view::npos) break;
        std::int64_t side = 0;
        const auto read = std::from_chars(text.data() + digit, text.data() + text.size(), side);
        if (read.ec != std::errc()) fail(path, "a shape of " + std::string(text));
        shape.push_back(side);
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    }
    return shape;
}

std::vector<std::int64_t> checked_shape(const fs::path& path, std::vector<std::int64_t> shape, std::int64_t channels,
                                        std::int64_t max_pixels) {
    const auto received = detail::joined(shape);
    if (shape.size() == 2) shape.push_back(1);
    if (shape.size() != 3 || shape[2] != channels || shape[0] < 1 || shape[1] < 1)
        throw InputError(path.string() + " must hold a picture (height, width, " + std::to_string(channels) +
                         "). Received: (" + received + ").");
    detail::check_pixels(path, shape[0], shape[1], max_pixels);
    shape.insert(shape.begin(), 1);
    return shape;
}

void write(const fs::path& path, const Pictures& pictures, const std::vector<std::int64_t>& axes) {
    if (pictures.shape.size() != 4 || detail::product(axes) == 0 || pictures.values.size() != detail::product(axes))
        throw InputError("an array must be of pictures, (n, height, width, channels). Received: (" +
                         detail::joined(pictures.shape) + ").");
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + detail::joined(axes) + "), }";
    const auto before = magic.size() + 4;
    header.append(alignment - 1 - (before + header.size()) % alignment, ' ').push_back('\n');
    const std::array<char, 4> version_and_size{1, 0, static_cast<char>(header.size() % 256),
                                               static_cast<char>(header.size() / 256)};
    detail::WholeFile file(path);
    std::fwrite(magic.data(), 1, magic.size(), file.stream());
    std::fwrite(version_and_size.data(), 1, version_and_size.size(), file.stream());
    std::fwrite(header.data(), 1, header.size(), file.stream());
    const auto written = std::fwrite(pictures.values.data(), 1, pictures.values.size(), file.stream());
    if (written != pictures.values.size() || std::ferror(file.stream()) != 0)
        throw InputError(path.string() + " must be writable. Received: a disk without room.");
    file.finish();
}

}  // namespace

namespace detail {

bool is_array(const std::string& content) { return content.compare(0, magic.size(), magic) == 0; }

Pictures decode_array(const fs::path& path, const std::string& content, std::int64_t channels,
                      std::int64_t max_pixels, const std::optional<ValueRange>& value_range) {
    const auto [header, begin] = header_of(path, content);
    const auto type = between(header, "'descr': '", "'");
    if (type != "|u1" && type != "<u2")
        throw InputError(path.string() + " must hold uint8 or uint16. Received: '" + one_line(type, 20) + "'.");
    if (between(header, "'fortran_order': ", ",") != "False") fail(path, "an array in Fortran's order");
    Pictures pictures{checked_shape(path, shape_of(path, header), channels, max_pixels), {}};
    const auto count = product(pictures.shape);
    const std::size_t width = type == "|u1" ? 1 : 2;
    if ((content.size() - begin) / width < count) fail(path, "values that are cut off");
    pictures.values.reserve(count);
    const auto range = value_range.value_or(ValueRange{0.0, full_scale});
    for (std::size_t place = begin; pictures.values.size() < count; place += width) {
        const auto low = byte_at(content, place);
        const auto number = static_cast<double>(width == 1 ? low : low + 256 * byte_at(content, place + 1));
        const double share = std::clamp((number - range.black) / (range.white - range.black), 0.0, 1.0);
        pictures.values.push_back(static_cast<std::uint8_t>(width == 1 ? number : std::nearbyint(255.0 * share)));
    }
    return pictures;
}

}  // namespace detail

void write_array(const fs::path& path, const Pictures& pictures) { write(path, pictures, pictures.shape); }

void write_array(const fs::path& path, const Picture& picture) {
    const auto& shape = picture.pixels.shape;
    if (shape.size() != 4 || shape[0] != 1)
        throw InputError("a picture must have the shape (1, height, width, channels). Received: (" +
                         detail::joined(shape) + ").");
    write(path, picture.pixels, {shape.begin() + 1, shape.end()});
}

}  // namespace keras_gen
