// A picture in overlapping tiles, and tiles blended into a picture again.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace keras_gen::detail {

// Tiles along one side of a picture.
struct Side {
    std::int64_t length;
    std::int64_t tile;                        // at most the length
    std::vector<std::int64_t> starts;         // where they begin
    std::vector<std::vector<float>> weights;  // what each counts; at every pixel all tiles together count 1
};

// Tiles that share at least `overlap` pixels and begin at multiples of `multiple` where the lengths are multiples.
// Between two of them the weight goes over along half a cosine in the middle half of what they share: a network knows
// least of what lies outside a tile near the tile's border.
Side side_in_tiles(std::int64_t length, std::int64_t tile, std::int64_t overlap, std::int64_t multiple);

// Puts a picture together from its tiles, in the memory of one row of tiles beside the result.
// `translate` gets the top and left of a tile and writes rows.tile x columns.tile x channels grey levels.
void blend(const Side& rows, const Side& columns, std::int64_t channels,
           const std::function<void(std::int64_t top, std::int64_t left, std::uint8_t* made)>& translate,
           std::uint8_t* result);

}  // namespace keras_gen::detail
