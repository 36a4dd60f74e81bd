// A picture made larger by mirroring, and smaller by averaging: as NumPy and Pillow do it, to the last bit.
#pragma once

#include <cstdint>
#include <vector>

namespace keras_gen::detail {

struct Pixels {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 0;
    std::vector<std::uint8_t> values{};
};

// A picture with its right and lower border mirrored, edge included and as often as it takes (numpy.pad, `symmetric`).
// `target` has height * width * channels bytes.
void mirrored(const std::uint8_t* picture, std::int64_t picture_height, std::int64_t picture_width,
              std::int64_t channels, std::int64_t height, std::int64_t width, std::uint8_t* target);

// A picture resampled with a box filter: every pixel the mean of those it covers. First along rows, then along columns,
// each in 8 bits with weights of 22 binary digits, as Pillow's Image.resize(..., BOX) does.
Pixels reduced(const std::uint8_t* picture, std::int64_t picture_height, std::int64_t picture_width,
               std::int64_t channels, std::int64_t height, std::int64_t width);

}  // namespace keras_gen::detail
