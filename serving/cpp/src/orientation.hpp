// Which way up a camera held a picture.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace keras_gen::detail {

// The orientation that EXIF data (a TIFF header and its first directory) states: 1 to 8, 1 for upright or none.
int exif_orientation(std::string_view exif);

// Turns and mirrors pixels of `depth` bytes so that a picture of an orientation is upright; changes the sides.
void turn_upright(int orientation, std::int64_t& height, std::int64_t& width, std::int64_t depth,
                  std::vector<std::uint8_t>& pixels);

}  // namespace keras_gen::detail
