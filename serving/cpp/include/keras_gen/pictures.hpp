// Picture files for what keras_gen.hpp works on: PNG and JPEG in, PNG out. Target keras_gen::pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen {

constexpr std::int64_t most_pixels = 100'000'000;

struct Picture {
    Pictures pixels;                    // (1, height, width, channels)
    std::vector<std::uint8_t> opacity;  // height x width, 255 where opaque; empty for a picture that knows none
    std::string note{};                 // what of its file was left aside, for people; empty for nothing
};

// Decodes a PNG or JPEG file upright, as 8 bits with 1 channel (grey) or 3 (RGB); what is transparent becomes white.
// Colours with an ICC profile of a matrix, such as Display P3, become those of sRGB.
// `value_range`, that of a bundle's manifest, are the numbers of 16 bits that become black and white.
// InputError: no such file, no picture of these kinds, truncated, of more than `max_pixels`, or colours of 16 bits for a
// range.
Picture read_picture(const std::filesystem::path& path, std::int64_t channels, std::int64_t max_pixels = most_pixels,
                     const std::optional<ValueRange>& value_range = {});

// Writes one picture, (1, height, width, 1 or 3), as PNG, whole or not at all.
// InputError: another shape, or a place that cannot be written to.
void write_png(const std::filesystem::path& path, const Picture& picture);

// Pictures side by side, row by row, on white, one pixel apart, small ones enlarged to about 48 pixels:
// (1, height, width, channels). `columns`: 0 for the square root of their number, rounded up.
Picture grid(const Pictures& pictures, std::int64_t columns = 0);

}  // namespace keras_gen
