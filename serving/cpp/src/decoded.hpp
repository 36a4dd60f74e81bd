// The pixels of PNG and JPEG files as their decoders give them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

struct Decoded {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t depth = 0;  // bytes for a pixel: 1 grey, 2 grey and opacity, 3 RGB, 4 RGB and opacity
    int orientation = 1;
    std::string profile{};  // ICC; empty for none
    std::vector<std::uint8_t> values{};
};

// InputError that names `path`: truncated or broken content, or more than `max_pixels`, which are not decoded.
Decoded decode_png(const std::filesystem::path& path, const std::string& content, std::int64_t max_pixels,
                   const std::optional<ValueRange>& value_range);
Decoded decode_jpeg(const std::filesystem::path& path, const std::string& content, std::int64_t max_pixels);

// What both say of a file that cannot be decoded.
[[noreturn]] void fail_unreadable(const std::filesystem::path& path, const std::string& problem);

// InputError where a picture of these sides has too many pixels.
void check_pixels(const std::filesystem::path& path, std::int64_t height, std::int64_t width,
                  std::int64_t max_pixels);

}  // namespace keras_gen::detail
