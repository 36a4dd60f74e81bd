#include "tiles.hpp"

#include "support.hpp"

namespace keras_gen::detail {
namespace {

constexpr double pi = 3.14159265358979323846;

// From 0 to 1 in the middle half between two places.
double rise(double place, std::int64_t first, std::int64_t last) {
    const auto between = static_cast<double>(std::max<std::int64_t>(1, last - first));
    const double progress = 2.0 * (place - static_cast<double>(first)) / between - 0.5;
    return 0.5 - 0.5 * std::cos(pi * std::clamp(progress, 0.0, 1.0));
}

std::vector<double> counted(const std::vector<std::int64_t>& starts, std::size_t index, std::int64_t tile) {
    std::vector<double> weights;
    for (std::int64_t pixel = 0; pixel < tile; ++pixel) {
        const double place = static_cast<double>(starts[index] + pixel) + 0.5;
        double weight = 1.0;
        if (index > 0) weight = std::min(weight, rise(place, starts[index], starts[index - 1] + tile));
        if (index + 1 < starts.size())
            weight = std::min(weight, 1.0 - rise(place, starts[index + 1], starts[index] + tile));
        weights.push_back(weight);
    }
    return weights;
}

}  // namespace

Side side_in_tiles(std::int64_t side_length, std::int64_t tile, std::int64_t overlap, std::int64_t multiple) {
    Side side{side_length, tile, {}, {}};
    auto step = tile - overlap;
    step = std::max(multiple, step - step % multiple);
    for (std::int64_t start = 0; start < side_length - tile; start += step) side.starts.push_back(start);
    side.starts.push_back(side_length - tile);

    std::vector<std::vector<double>> weights;
    std::vector<double> total(length(side_length));
    for (std::size_t index = 0; index < side.starts.size(); ++index) {
        weights.push_back(counted(side.starts, index, tile));
        for (std::size_t pixel = 0; pixel < length(tile); ++pixel)
            total[length(side.starts[index]) + pixel] += weights.back()[pixel];
    }
    for (std::size_t index = 0; index < side.starts.size(); ++index) {
        side.weights.emplace_back();
        for (std::size_t pixel = 0; pixel < length(tile); ++pixel)
            side.weights.back().push_back(
                static_cast<float>(weights[index][pixel] / total[length(side.starts[index]) + pixel]));
    }
    return side;
}

void blend(const Side& rows, const Side& columns, std::int64_t channels,
           const std::function<void(std::int64_t, std::int64_t, std::uint8_t*)>& translate, std::uint8_t* result) {
    const auto line = length(columns.length * channels);
    std::vector<float> band(product({rows.tile, columns.length, channels}));
    std::vector<std::uint8_t> made(product({rows.tile, columns.tile, channels}));
    for (std::size_t row = 0; row < rows.starts.size(); ++row) {
        for (std::size_t column = 0; column < columns.starts.size(); ++column) {
            translate(rows.starts[row], columns.starts[column], made.data());
            const auto* level = made.data();
            for (std::size_t y = 0; y < length(rows.tile); ++y) {
                float* sum = band.data() + y * line + length(columns.starts[column] * channels);
                for (std::size_t x = 0; x < length(columns.tile); ++x) {
                    const float weight = rows.weights[row][y] * columns.weights[column][x];
                    for (std::int64_t channel = 0; channel < channels; ++channel)
                        *sum++ += static_cast<float>(*level++) * weight;
                }
            }
        }
        const auto following = row + 1 < rows.starts.size() ? rows.starts[row + 1] : rows.length;
        const auto done = static_cast<std::ptrdiff_t>(length(following - rows.starts[row]) * line);
        result = std::transform(band.begin(), band.begin() + done, result, [](float sum) {
            return static_cast<std::uint8_t>(std::nearbyint(std::clamp(sum, 0.0F, 255.0F)));
        });
        std::fill(std::copy(band.begin() + done, band.end(), band.begin()), band.end(), 0.0F);
    }
}

}  // namespace keras_gen::detail
