// What the parts of the library share: words for messages, sizes, and pixels of both types.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

inline std::size_t length(std::int64_t value) { return static_cast<std::size_t>(value); }

// Words with single spaces between them, no longer than fits a line, of bytes that may be no text.
inline std::string one_line(std::string_view text, std::size_t most = 240) {
    std::string line;
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (code > 0x20) line += code < 0x7F ? letter : '?';
        else if (!line.empty() && line.back() != ' ') line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line.size() <= most ? line : line.substr(0, most - 3) + "...";
}

inline std::string joined(const std::vector<std::int64_t>& values) {
    std::string text;
    for (const auto value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
    return text;
}

inline void require_at_least(std::int64_t least, const char* name, std::int64_t value) {
    if (value < least)
        throw InputError("`" + std::string(name) + "` must be at least " + std::to_string(least) +
                         ". Received: " + std::to_string(value) + ".");
}

inline void require_at_most(std::int64_t most, const char* name, std::int64_t value) {
    if (value > most)
        throw InputError("`" + std::string(name) + "` must be at most " + std::to_string(most) +
                         ". Received: " + std::to_string(value) + ".");
}

// Numbers of networks and callers. InputError: one that is not finite.
inline void require_finite(const char* name, const std::vector<float>& values) {
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
        throw InputError("`" + std::string(name) + "` must be finite. Received: nan or inf.");
}

// The product of sizes that are not negative. InputError where memory cannot hold as many.
inline std::size_t product(const std::vector<std::int64_t>& shape) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::uint64_t count = 1;
    for (const auto side : shape) {
        const auto factor = static_cast<std::uint64_t>(side);
        if (side < 0 || (factor != 0 && count > most / factor))
            throw InputError("arrays must fit into memory. Received: the shape (" + joined(shape) + ").");
        count *= factor;
    }
    return static_cast<std::size_t>(count);
}

// Memory for as many values as a shape says. InputError where there is not as much.
template <class T>
std::vector<T> room_for(const std::vector<std::int64_t>& shape) {
    std::vector<T> values;
    try {
        values.reserve(product(shape));
        return values;
    } catch (const std::bad_alloc&) {  // said below
    } catch (const std::length_error&) {
    }
    throw InputError("arrays must fit into memory. Received: the shape (" + joined(shape) + ").");
}

// The axes after the first one, which counts.
inline std::vector<std::int64_t> behind_first(std::int64_t n, const std::vector<std::int64_t>& axes) {
    std::vector<std::int64_t> shape{n};
    if (!axes.empty()) shape.insert(shape.end(), axes.begin() + 1, axes.end());
    return shape;
}

// 0 is -1, 255 is 1.
inline float to_pixel(std::uint8_t value, float) { return static_cast<float>(value) / 127.5F - 1.0F; }

// -1 is 0, 1 is 255, rounded to the nearest and between two to the even one; what is no number is 0.
inline std::uint8_t to_pixel(float value, std::uint8_t) {
    const float level = (value + 1.0F) * 127.5F;
    return level >= 0.0F ? static_cast<std::uint8_t>(std::nearbyint(std::min(level, 255.0F))) : std::uint8_t{0};
}

// Runs a network from pictures or to pictures of the caller's type; `call` gets memory of the network's type.
template <class Pixel, class Call>
void with_output(bool floats, std::size_t count, Pixel* target, const Call& call) {
    using Other = std::conditional_t<std::is_same_v<Pixel, float>, std::uint8_t, float>;
    if (floats == std::is_same_v<Pixel, float>) return call(target);
    std::vector<Other> made(count);
    call(made.data());
    std::transform(made.begin(), made.end(), target, [](Other value) { return to_pixel(value, Pixel{}); });
}

template <class Pixel, class Call>
void with_input(bool floats, std::size_t count, const Pixel* source, const Call& call) {
    using Other = std::conditional_t<std::is_same_v<Pixel, float>, std::uint8_t, float>;
    if (floats == std::is_same_v<Pixel, float>) return call(source);
    std::vector<Other> converted(count);
    std::transform(source, source + count, converted.begin(), [](Pixel value) { return to_pixel(value, Other{}); });
    const Other* values = converted.data();
    call(values);
}

}  // namespace keras_gen::detail
