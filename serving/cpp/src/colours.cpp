// Source: ICC.1:2022, sections 7.2 (header), 7.3 (tag table), 10.6 and 10.18 (curves), 10.31 (XYZ), F.3 (matrix model).
#include "colours.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace keras_gen::detail {
namespace {

using Triple = std::array<double, 3>;
using Curve = std::array<double, 256>;  // the light of each level

// From XYZ under D50 to linear sRGB (IEC 61966-2-1, adapted by Bradford's method).
constexpr std::array<Triple, 3> from_xyz{{{3.1338561, -1.6168667, -0.4906146},
                                          {-0.9787684, 1.9161415, 0.0334540},
                                          {0.0719453, -0.2289914, 1.4052427}}};
// Where a profile changes no colour by more, it says what is true without it; sRGB comes in many copies.
constexpr int same = 2;
constexpr std::size_t header_size = 128;
constexpr std::size_t tag_size = 12;

struct Unfit : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Big-endian numbers, each held against what there is.
class Bytes {
public:
    explicit Bytes(std::string_view data) : data_(data) {}

    std::uint32_t unsigned_at(std::size_t place, std::size_t size) const {
        std::uint32_t number = 0;
        for (const char byte : part(place, size).data_) number = number << 8U | static_cast<std::uint8_t>(byte);
        return number;
    }

    double fixed_at(std::size_t place) const {
        return static_cast<std::int32_t>(unsigned_at(place, 4)) / 65536.0;
    }

    std::string text_at(std::size_t place) const { return std::string(part(place, 4).data_); }

    Bytes part(std::size_t place, std::size_t size) const {
        if (place > data_.size() || size > data_.size() - place) throw Unfit("it is cut off");
        return Bytes(data_.substr(place, size));
    }

private:
    std::string_view data_;
};

std::map<std::string, Bytes> tags_of(const Bytes& profile) {
    std::map<std::string, Bytes> tags;
    const auto count = profile.unsigned_at(header_size, 4);
    for (std::size_t index = 0; index < count; ++index) {
        const auto entry = header_size + 4 + index * tag_size;
        tags.emplace(profile.text_at(entry),
                     profile.part(profile.unsigned_at(entry + 4, 4), profile.unsigned_at(entry + 8, 4)));
    }
    return tags;
}

const Bytes& tag(const std::map<std::string, Bytes>& tags, const std::string& name) {
    const auto found = tags.find(name);
    if (found == tags.end()) throw Unfit("it has no " + name);
    return found->second;
}

double parametric(const Bytes& curve, double x) {
    constexpr std::array<std::size_t, 5> counts{1, 3, 4, 5, 7};
    const auto type = curve.unsigned_at(8, 2);
    if (type >= counts.size()) throw Unfit("a curve of it is of an unknown type");
    std::array<double, 7> p{};  // g, a, b, c, d, e, f
    for (std::size_t index = 0; index < counts[type]; ++index) p[index] = curve.fixed_at(12 + 4 * index);
    const auto power = [&](double base) { return std::pow(std::max(0.0, base), p[0]); };
    if (type == 0) return power(x);
    if (type < 3) return x * p[1] + p[2] >= 0 ? power(p[1] * x + p[2]) + p[3] : p[3];
    return x >= p[4] ? power(p[1] * x + p[2]) + p[5] : p[3] * x + p[6];
}

double tabulated(const Bytes& curve, double x) {
    const auto count = curve.unsigned_at(8, 4);
    if (count == 0) return x;
    if (count == 1) return std::pow(x, curve.unsigned_at(12, 2) / 256.0);
    const double place = x * (count - 1);
    const auto below = std::min<std::size_t>(static_cast<std::size_t>(place), count - 2);
    const double low = curve.unsigned_at(12 + 2 * below, 2);
    const double high = curve.unsigned_at(14 + 2 * below, 2);
    return (low + (high - low) * (place - static_cast<double>(below))) / 65535.0;
}

Curve curve_of(const Bytes& bytes) {
    const auto type = bytes.text_at(0);
    if (type != "para" && type != "curv") throw Unfit("a curve of it is of an unknown type");
    Curve curve{};
    for (std::size_t level = 0; level < curve.size(); ++level) {
        const double x = static_cast<double>(level) / 255.0;
        curve[level] = type == "para" ? parametric(bytes, x) : tabulated(bytes, x);
    }
    return curve;
}

std::uint8_t level_of(double light) {
    if (!(light > 0)) return 0;
    const double value = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::nearbyint(255.0 * std::min(1.0, value)));
}

// One curve for each channel, and what each of them adds to the light of red, green and blue.
class Profile {
public:
    explicit Profile(std::string_view content) {
        const Bytes profile(content);
        const auto tags = tags_of(profile);
        const auto space = profile.text_at(16);
        if (space == "GRAY") {
            curves_.push_back(curve_of(tag(tags, "kTRC")));
            return;
        }
        if (space != "RGB " || profile.text_at(20) != "XYZ " || tags.count("A2B0") > 0)
            throw Unfit("it is no matrix of red, green and blue");
        for (const std::string colour : {"r", "g", "b"}) {
            curves_.push_back(curve_of(tag(tags, colour + "TRC")));
            const auto& xyz = tag(tags, colour + "XYZ");
            for (std::size_t row = 0; row < 3; ++row)
                for (std::size_t axis = 0; axis < 3; ++axis)
                    matrix_[row][curves_.size() - 1] += from_xyz[row][axis] * xyz.fixed_at(8 + 4 * axis);
        }
    }

    bool is_grey() const { return curves_.size() == 1; }

    std::array<std::uint8_t, 3> shown(const std::array<std::uint8_t, 3>& levels) const {
        if (is_grey()) {
            const auto level = level_of(curves_[0][levels[0]]);
            return {level, level, level};
        }
        std::array<std::uint8_t, 3> made{};
        for (std::size_t row = 0; row < 3; ++row) {
            double light = 0;
            for (std::size_t colour = 0; colour < 3; ++colour)
                light += matrix_[row][colour] * curves_[colour][levels[colour]];
            made[row] = level_of(light);
        }
        return made;
    }

    bool changes_nothing() const {
        constexpr int step = 51;
        for (int red = 0; red <= 255; red += step)
            for (int green = 0; green <= 255; green += is_grey() ? 255 : step)
                for (int blue = 0; blue <= 255; blue += is_grey() ? 255 : step) {
                    const std::array<int, 3> given{red, is_grey() ? red : green, is_grey() ? red : blue};
                    const auto made = shown({static_cast<std::uint8_t>(given[0]), static_cast<std::uint8_t>(given[1]),
                                             static_cast<std::uint8_t>(given[2])});
                    for (std::size_t place = 0; place < 3; ++place)
                        if (std::abs(made[place] - given[place]) > same) return false;
                }
        return true;
    }

private:
    std::vector<Curve> curves_;
    std::array<Triple, 3> matrix_{};
};

}  // namespace

std::string bring_to_srgb(Decoded& decoded) try {
    if (decoded.profile.empty()) return {};
    const Profile profile(decoded.profile);
    const bool grey = decoded.depth <= 2;
    if (profile.is_grey() && !grey) return "it is for grey pictures";
    if (profile.changes_nothing()) return {};
    const std::size_t green = grey ? 0 : 1;
    const std::size_t blue = grey ? 0 : 2;
    const auto depth = static_cast<std::size_t>(decoded.depth);
    for (std::size_t place = 0; place + depth <= decoded.values.size(); place += depth) {
        auto* pixel = decoded.values.data() + place;
        const auto made = profile.shown({pixel[0], pixel[green], pixel[blue]});
        pixel[0] = made[0];
        if (!grey) pixel[1] = made[1], pixel[2] = made[2];
    }
    return {};
} catch (const Unfit& problem) {
    return problem.what();
}

}  // namespace keras_gen::detail
