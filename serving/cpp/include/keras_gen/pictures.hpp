// Picture files for what keras_gen.hpp works on: PNG, JPEG and .npy in, PNG and .npy out. Target keras_gen::pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen {

constexpr std::int64_t most_pixels = 100'000'000;
constexpr std::int64_t most_channels = 4;  // of a picture file; arrays hold any number

struct Picture {
    Pictures pixels;                    // (1, height, width, channels)
    std::vector<std::uint8_t> opacity;  // height x width, 255 where opaque; empty for a picture that knows none, and
                                        // where it is a channel
    std::string note{};                 // what of its file was left aside, for people; empty for nothing
};

// Decodes a PNG or JPEG file upright, as 8 bits with 1 channel (grey) or 3 (RGB), where what is transparent becomes
// white, or with the opacity as one more channel, 2 or 4. Of a .npy file (height, width, channels), any number.
// Colours with an ICC profile of a matrix, such as Display P3, become those of sRGB.
// `value_range`, that of a bundle's manifest, are the numbers of 16 bits that become black and white.
// InputError: no such file, no picture of these kinds, truncated, of more than `max_pixels`, colours of 16 bits for a
// range, or an array of another number of channels.
Picture read_picture(const std::filesystem::path& path, std::int64_t channels, std::int64_t max_pixels = most_pixels,
                     const std::optional<ValueRange>& value_range = {});

// Writes one picture, (1, height, width, 1 to 4), as PNG, whole or not at all.
// InputError: another shape, or a place that cannot be written to.
void write_png(const std::filesystem::path& path, const Picture& picture);

// Writes one picture, (height, width, channels), or several, (n, height, width, channels), as .npy, whole or not at all.
// InputError: another shape, or a place that cannot be written to.
void write_array(const std::filesystem::path& path, const Picture& picture);
void write_array(const std::filesystem::path& path, const Pictures& pictures);

// How many channels a grid shows: the first three as RGB, of two the first alone.
std::int64_t shown_channels(std::int64_t channels);

// Pictures side by side, row by row, on white, one pixel apart, small ones enlarged to about 48 pixels:
// (1, height, width, 1 or 3). `columns`: 0 for the square root of their number, rounded up.
Picture grid(const Pictures& pictures, std::int64_t columns = 0);

}  // namespace keras_gen
