#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "decoded.hpp"
#include "orientation.hpp"
#include "support.hpp"

namespace keras_gen::detail {
namespace {

// All that must live on when libpng jumps out of a broken file.
struct Reading {
    const std::string& content;
    std::size_t place = 0;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string problem{};
    Decoded decoded{};
    std::vector<std::uint8_t> values{};
    std::vector<png_bytep> rows{};

    explicit Reading(const std::string& bytes) : content(bytes) {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp message) {
    static_cast<Reading*>(png_get_error_ptr(png))->problem = message;
    png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, std::size_t size) {
    auto& reading = *static_cast<Reading*>(png_get_io_ptr(png));
    if (size > reading.content.size() - reading.place) png_error(png, "the file ends too early");
    std::memcpy(target, reading.content.data() + reading.place, size);
    reading.place += size;
}

bool read_header(Reading& reading) {
    if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
    png_set_read_fn(reading.png, &reading, on_read);
    png_read_info(reading.png, reading.info);
    reading.decoded.height = png_get_image_height(reading.png, reading.info);
    reading.decoded.width = png_get_image_width(reading.png, reading.info);
    return true;
}

bool is_deep(const Reading& reading) { return png_get_bit_depth(reading.png, reading.info) == 16; }

bool is_grey(const Reading& reading) {
    return png_get_color_type(reading.png, reading.info) == PNG_COLOR_TYPE_GRAY;
}

// Grey of 16 bits, which may have opacity behind it, as the levels that a range makes of it.
void bring_to_range(Decoded& decoded, const std::vector<std::uint8_t>& values, const ValueRange& range) {
    for (std::size_t place = 0; place < values.size(); place += 2) {
        const bool opacity = decoded.depth == 2 && place % 4 == 2;
        const double number = values[place] * 256 + values[place + 1];
        const double share = std::clamp((number - range.black) / (range.white - range.black), 0.0, 1.0);
        decoded.values.push_back(opacity ? values[place] : static_cast<std::uint8_t>(std::nearbyint(255.0 * share)));
    }
}

// Palettes, few bits and 16 bits become 8 bits for each of grey or RGB, with opacity where there is any. Of 16 bits
// Pillow scales grey and takes the upper 8 of everything else.
bool read_rows(Reading& reading, bool keep_deep) {
    if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
    png_set_expand(reading.png);
    if (keep_deep) png_set_expand_16(reading.png);
    else if (is_grey(reading)) png_set_scale_16(reading.png);
    else png_set_strip_16(reading.png);
    png_set_interlace_handling(reading.png);
    png_read_update_info(reading.png, reading.info);
    auto& decoded = reading.decoded;
    decoded.depth = png_get_channels(reading.png, reading.info);
    const auto line = png_get_rowbytes(reading.png, reading.info);
    reading.values.resize(line * length(decoded.height));
    for (std::size_t row = 0; row < length(decoded.height); ++row)
        reading.rows.push_back(reading.values.data() + row * line);
    png_read_image(reading.png, reading.rows.data());
    png_read_end(reading.png, reading.info);
    png_charp title = nullptr;
    int compression = 0;
    png_bytep profile = nullptr;
    png_uint_32 profile_size = 0;
    if (png_get_iCCP(reading.png, reading.info, &title, &compression, &profile, &profile_size) != 0)
        decoded.profile.assign(reinterpret_cast<const char*>(profile), profile_size);
#ifdef PNG_eXIf_SUPPORTED
    png_uint_32 size = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(reading.png, reading.info, &size, &exif) != 0)
        decoded.orientation = exif_orientation({reinterpret_cast<const char*>(exif), size});
#endif
    return true;
}

}  // namespace

Decoded decode_png(const std::filesystem::path& path, const std::string& content, std::int64_t max_pixels,
                   const std::optional<ValueRange>& value_range) {
    Reading reading(content);
    reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
    reading.info = reading.png != nullptr ? png_create_info_struct(reading.png) : nullptr;
    if (reading.info == nullptr) throw std::bad_alloc();
    if (!read_header(reading)) fail_unreadable(path, reading.problem);
    check_pixels(path, reading.decoded.height, reading.decoded.width, max_pixels);
    const bool in_range = value_range && is_deep(reading);
    if (in_range && !is_grey(reading))
        throw InputError(path.string() + " must be grey, or have 8 bits, for a bundle with a range of numbers. "
                         "Received: colours or opacity of 16 bits.");
    if (!read_rows(reading, in_range)) fail_unreadable(path, reading.problem);
    if (in_range) bring_to_range(reading.decoded, reading.values, *value_range);
    else reading.decoded.values = std::move(reading.values);
    return std::move(reading.decoded);
}

}  // namespace keras_gen::detail
