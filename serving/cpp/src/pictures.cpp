#include "keras_gen/pictures.hpp"

#include <png.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "array_file.hpp"
#include "colours.hpp"
#include "decoded.hpp"
#include "orientation.hpp"
#include "support.hpp"
#include "whole_file.hpp"

namespace keras_gen {
namespace detail {

[[noreturn]] void fail_unreadable(const std::filesystem::path& path, const std::string& problem) {
    throw InputError(path.string() + " must be a readable picture. Received: " + one_line(problem, 120) + ".");
}

void check_pixels(const std::filesystem::path& path, std::int64_t height, std::int64_t width,
                  std::int64_t max_pixels) {
    if (width > max_pixels / std::max<std::int64_t>(1, height))
        throw InputError(path.string() + " must have at most " + std::to_string(max_pixels) +
                         " pixels. Received: " + std::to_string(width) + "x" + std::to_string(height) + ".");
}

}  // namespace detail

namespace {

namespace fs = std::filesystem;
using Byte = std::uint8_t;

constexpr double readable_side = 48.0;

std::string content_of(const fs::path& path) {
    if (!fs::exists(path)) throw InputError(path.string() + " must be a picture. Received: no such file.");
    if (!fs::is_regular_file(path)) throw InputError(path.string() + " must be a picture. Received: no file.");
    std::ifstream file(path, std::ios::binary);
    if (!file) throw InputError(path.string() + " must be readable. Received: " + std::strerror(errno) + ".");
    return {std::istreambuf_iterator<char>(file), {}};
}

detail::Decoded decoded(const fs::path& path, const std::string& content, std::int64_t max_pixels,
                        const std::optional<ValueRange>& value_range) {
    if (content.compare(0, 8, "\x89PNG\r\n\x1a\n") == 0) 
        return detail::decode_png(path, content, max_pixels, value_range);
    if (content.compare(0, 3, "\xff\xd8\xff") == 0) return detail::decode_jpeg(path, content, max_pixels);
    detail::fail_unreadable(path, "neither PNG nor JPEG");
}

// A level in front of white; in whole numbers, as Pillow's alpha_composite counts.
Byte before_white(std::uint32_t level, std::uint32_t opacity) {
    const std::uint32_t front = opacity * 128U;
    const std::uint32_t sum = level * front + 255U * (255U * 128U - front) + (128U << 7U);
    return opacity == 0 ? Byte{255} : static_cast<Byte>((((sum >> 8U) + sum) >> 8U) >> 7U);
}

// Of 2 and 4 channels the last is the opacity, which is a channel like any other then.
bool and_opacity(std::int64_t channels) { return channels == 2 || channels == 4; }

// ITU-R 601 luma with 16 binary digits.
Byte grey(std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
    return static_cast<Byte>((red * 19595U + green * 38470U + blue * 7471U + 0x8000U) >> 16U);
}

}  // namespace

Picture read_picture(const fs::path& path, std::int64_t channels, std::int64_t max_pixels,
                     const std::optional<ValueRange>& value_range) {
    const auto content = content_of(path);
    if (detail::is_array(content))
        return {detail::decode_array(path, content, channels, max_pixels, value_range), {}, {}};
    if (channels > most_channels)
        throw InputError(path.string() + " must be a .npy file for a bundle of " + std::to_string(channels) +
                         " channels. Received: a picture file.");
    auto read = decoded(path, content, max_pixels, value_range);
    const auto problem = detail::bring_to_srgb(read);
    detail::turn_upright(read.orientation, read.height, read.width, read.depth, read.values);
    const bool opaque = read.depth % 2 == 1;
    const bool kept = and_opacity(channels);
    Picture picture{{{1, read.height, read.width, channels}, {}}, {}, {}};
    if (!problem.empty())
        picture.note = path.string() + " has a colour profile that is left aside: " + problem +
                       ". Its numbers are taken for sRGB.";
    picture.pixels.values.reserve(detail::product(picture.pixels.shape));
    for (const auto* pixel = read.values.data(); pixel != read.values.data() + read.values.size();
         pixel += read.depth) {
        const std::int64_t colours = read.depth >= 3 ? 1 : 0;
        std::array<Byte, 3> levels{pixel[0], pixel[colours], pixel[2 * colours]};
        if (!opaque && !kept) {
            picture.opacity.push_back(pixel[read.depth - 1]);
            for (auto& level : levels) level = before_white(level, picture.opacity.back());
        }
        if (channels >= 3) picture.pixels.values.insert(picture.pixels.values.end(), levels.begin(), levels.end());
        else picture.pixels.values.push_back(grey(levels[0], levels[1], levels[2]));
        if (kept) picture.pixels.values.push_back(opaque ? Byte{255} : pixel[read.depth - 1]);
    }
    return picture;
}

void write_png(const fs::path& path, const Picture& picture) {
    const auto& shape = picture.pixels.shape;
    const bool fits = shape.size() == 4 && shape[0] == 1 && shape[3] >= 1 && shape[3] <= most_channels &&
                      picture.pixels.values.size() == detail::product(shape);
    const bool opaque = picture.opacity.empty();
    const bool has_opacity = fits && and_opacity(shape[3]);
    if (!fits || (!opaque && (has_opacity || picture.opacity.size() != detail::product({shape[1], shape[2]}))))
        throw InputError("a picture must have the shape (1, height, width, 1 to 4). Received: (" +
                         detail::joined(shape) + ").");

    std::vector<Byte> mixed;
    for (std::size_t pixel = 0; pixel < picture.opacity.size(); ++pixel) {
        const auto* level = picture.pixels.values.data() + pixel * detail::length(shape[3]);
        mixed.insert(mixed.end(), level, level + shape[3]);
        mixed.push_back(picture.opacity[pixel]);
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(shape[2]);
    image.height = static_cast<png_uint_32>(shape[1]);
    image.format = (shape[3] >= 3 ? unsigned{PNG_FORMAT_FLAG_COLOR} : 0U) |
                   (opaque && !has_opacity ? 0U : unsigned{PNG_FORMAT_FLAG_ALPHA});
    detail::WholeFile file(path);
    const auto* pixels = opaque ? picture.pixels.values.data() : mixed.data();
    if (png_image_write_to_stdio(&image, file.stream(), 0, pixels, 0, nullptr) == 0)
        throw InputError(path.string() + " must be writable. Received: " + image.message + ".");
    file.finish();
}

std::int64_t shown_channels(std::int64_t channels) { return channels >= 3 ? 3 : 1; }

Picture grid(const Pictures& pictures, std::int64_t columns) {
    const auto& shape = pictures.shape;
    if (shape.size() != 4 || detail::product(shape) == 0 || pictures.values.size() != detail::product(shape) ||
        columns < 0)
        throw InputError("a grid must be of pictures, (n, height, width, channels). Received: (" +
                         detail::joined(shape) + ").");
    const auto n = shape[0];
    const auto channels = shape[3];
    const auto shown = shown_channels(channels);
    const auto side = static_cast<double>(std::max(shape[1], shape[2]));
    const auto zoom =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(readable_side / side)));
    if (columns == 0) columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
    const auto rows = (n + columns - 1) / columns;
    const auto cell_height = shape[1] * zoom + 1;
    const auto cell_width = shape[2] * zoom + 1;
    Picture made{{{1, rows * cell_height + 1, columns * cell_width + 1, shown}, {}}, {}, {}};
    made.pixels.values.assign(detail::product(made.pixels.shape), 255);
    const auto line = made.pixels.shape[2] * shown;
    for (std::int64_t index = 0; index < n; ++index) {
        const auto top = index / columns * cell_height + 1;
        const auto left = index % columns * cell_width + 1;
        for (std::int64_t y = 0; y < shape[1] * zoom; ++y) {
            const auto* source = pictures.values.data() + (index * shape[1] + y / zoom) * shape[2] * channels;
            auto* target = made.pixels.values.data() + (top + y) * line + left * shown;
            for (std::int64_t x = 0; x < shape[2] * zoom; ++x)
                target = std::copy_n(source + x / zoom * channels, shown, target);
        }
    }
    return made;
}

}  // namespace keras_gen
