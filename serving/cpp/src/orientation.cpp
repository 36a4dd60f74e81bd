#include "orientation.hpp"

#include <algorithm>
#include <utility>

namespace keras_gen::detail {
namespace {

constexpr std::uint32_t orientation_tag = 0x0112;

// A number of `size` bytes in the byte order of the file; 0 beyond its end.
std::uint32_t number(std::string_view data, bool little, std::size_t place, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t index = 0; index < size; ++index) {
        const auto at = place + (little ? size - 1 - index : index);
        value = value << 8U | (at < data.size() ? static_cast<unsigned char>(data[at]) : 0U);
    }
    return value;
}

}  // namespace

int exif_orientation(std::string_view exif) {
    const bool little = exif.substr(0, 2) == "II";
    if (!little && exif.substr(0, 2) != "MM") return 1;
    const std::size_t directory = number(exif, little, 4, 4);
    const auto entries = number(exif, little, directory, 2);
    for (std::size_t entry = 0; entry < entries; ++entry) {
        const auto place = directory + 2 + 12 * entry;
        if (place >= exif.size()) break;
        if (number(exif, little, place, 2) != orientation_tag) continue;
        const auto value = number(exif, little, place + 8, 2);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

void turn_upright(int orientation, std::int64_t& height, std::int64_t& width, std::int64_t depth,
                  std::vector<std::uint8_t>& pixels) {
    if (orientation <= 1) return;
    // Where the first row and column of the stored picture are in the upright one: EXIF 2.3, tag 0x0112.
    const bool transposed = orientation >= 5;
    const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const auto rows = transposed ? width : height;
    const auto columns = transposed ? height : width;
    std::vector<std::uint8_t> upright(pixels.size());
    auto* target = upright.data();
    for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
            const auto along = transposed ? x : y;
            const auto across = transposed ? y : x;
            const auto row = from_bottom ? height - 1 - along : along;
            const auto column = from_right ? width - 1 - across : across;
            const auto* source = pixels.data() + (row * width + column) * depth;
            target = std::copy(source, source + depth, target);
        }
    }
    pixels = std::move(upright);
    height = rows;
    width = columns;
}

}  // namespace keras_gen::detail
