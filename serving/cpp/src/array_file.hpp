// Pictures in files of NumPy's format `.npy`, which hold any number of channels.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

bool is_array(const std::string& content);

// (1, height, width, channels) of an array (height, width, channels), or (height, width) for one channel: uint8 as it
// is, uint16 by full scale or by the range.
// InputError that names `path`: another shape or type, cut off, or of more than `max_pixels`.
Pictures decode_array(const std::filesystem::path& path, const std::string& content, std::int64_t channels,
                      std::int64_t max_pixels, const std::optional<ValueRange>& value_range);

}  // namespace keras_gen::detail
