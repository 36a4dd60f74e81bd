#include "resampling.hpp"

#include <algorithm>

#include "support.hpp"

namespace keras_gen::detail {
namespace {

constexpr int weight_bits = 22;

std::int64_t mirrored_place(std::int64_t place, std::int64_t side) {
    const auto within = place % (2 * side);
    return within < side ? within : 2 * side - 1 - within;
}

// The pixels that one pixel of the result covers, and what each counts.
struct Cover {
    std::int64_t first;
    std::vector<std::int32_t> weights;
};

std::vector<Cover> covers(std::int64_t from, std::int64_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double stretch = std::max(scale, 1.0);
    const double support = 0.5 * stretch;
    std::vector<Cover> all;
    for (std::int64_t place = 0; place < to; ++place) {
        const double centre = (static_cast<double>(place) + 0.5) * scale;
        const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(centre - support + 0.5));
        const auto last = std::min(from, static_cast<std::int64_t>(centre + support + 0.5));
        std::vector<double> counted;
        double total = 0.0;
        for (auto pixel = first; pixel < last; ++pixel) {
            const double distance = (static_cast<double>(pixel) - centre + 0.5) * (1.0 / stretch);
            counted.push_back(distance > -0.5 && distance <= 0.5 ? 1.0 : 0.0);
            total += counted.back();
        }
        Cover cover{first, {}};
        for (const double weight : counted)
            cover.weights.push_back(
                static_cast<std::int32_t>(0.5 + (total > 0 ? weight / total : weight) * (1 << weight_bits)));
        all.push_back(std::move(cover));
    }
    return all;
}

// The result along one axis: `outer` runs of `from` elements, each of `inner` bytes.
std::vector<std::uint8_t> resampled(const std::uint8_t* source, std::int64_t outer, std::int64_t from, std::int64_t to,
                                    std::int64_t inner) {
    std::vector<std::uint8_t> result(product({outer, to, inner}));
    const auto all = covers(from, to);
    std::size_t written = 0;
    for (std::int64_t run = 0; run < outer; ++run) {
        for (const auto& cover : all) {
            const auto* start = source + (run * from + cover.first) * inner;
            for (std::int64_t byte = 0; byte < inner; ++byte) {
                std::int64_t sum = 1 << (weight_bits - 1);
                for (std::size_t index = 0; index < cover.weights.size(); ++index)
                    sum += start[static_cast<std::int64_t>(index) * inner + byte] * std::int64_t{cover.weights[index]};
                result[written++] = static_cast<std::uint8_t>(std::min<std::int64_t>(sum >> weight_bits, 255));
            }
        }
    }
    return result;
}

}  // namespace

void mirrored(const std::uint8_t* picture, std::int64_t picture_height, std::int64_t picture_width,
              std::int64_t channels, std::int64_t height, std::int64_t width, std::uint8_t* target) {
    for (std::int64_t row = 0; row < height; ++row) {
        const auto* line = picture + mirrored_place(row, picture_height) * picture_width * channels;
        target = std::copy(line, line + picture_width * channels, target);
        for (std::int64_t column = picture_width; column < width; ++column) {
            const auto* pixel = line + mirrored_place(column, picture_width) * channels;
            target = std::copy(pixel, pixel + channels, target);
        }
    }
}

Pixels reduced(const std::uint8_t* picture, std::int64_t picture_height, std::int64_t picture_width,
               std::int64_t channels, std::int64_t height, std::int64_t width) {
    Pixels result{height, width, channels, {}};
    std::vector<std::uint8_t> along_rows;
    if (width != picture_width) {
        along_rows = resampled(picture, picture_height, picture_width, width, channels);
        picture = along_rows.data();
    }
    if (height != picture_height) result.values = resampled(picture, 1, picture_height, height, width * channels);
    else result.values.assign(picture, picture + height * width * channels);
    return result;
}

}  // namespace keras_gen::detail
