#include <array>
#include <csetjmp>
#include <cstdio>
#include <map>
#include <string_view>

// libjpeg's header needs FILE.
#include <jpeglib.h>
#include <jerror.h>

#include "decoded.hpp"
#include "orientation.hpp"
#include "support.hpp"

namespace keras_gen::detail {
namespace {

constexpr std::string_view exif_mark("Exif\0\0", 6);
constexpr int exif_marker = JPEG_APP0 + 1;
constexpr std::string_view profile_mark("ICC_PROFILE\0", 12);
constexpr int profile_marker = JPEG_APP0 + 2;

// All that must live on when libjpeg jumps out of a broken file.
struct Reading {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    std::jmp_buf jump{};
    std::string problem{};
    Decoded decoded{};

    Reading() = default;
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { jpeg_destroy_decompress(&jpeg); }
};

void on_error(j_common_ptr jpeg) {
    auto& reading = *static_cast<Reading*>(jpeg->client_data);
    std::array<char, JMSG_LENGTH_MAX> message{};
    jpeg->err->format_message(jpeg, message.data());
    reading.problem = message.data();
    std::longjmp(reading.jump, 1);
}

// Of what libjpeg only warns of, a file that ends too early is an error: it would be filled up with grey.
void on_message(j_common_ptr jpeg, int level) {
    if (level < 0 && (jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JWRN_HIT_MARKER)) on_error(jpeg);
}

// Of a file whose header was read; the end of decoding drops it.
int orientation(const jpeg_decompress_struct& jpeg) {
    for (auto* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
        const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
        if (marker->marker == exif_marker && data.substr(0, exif_mark.size()) == exif_mark)
            return exif_orientation(data.substr(exif_mark.size()));
    }
    return 1;
}

// The parts of a profile, of which each says its number.
std::string profile(const jpeg_decompress_struct& jpeg) {
    std::map<std::uint8_t, std::string_view> parts;
    for (auto* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
        const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
        if (marker->marker == profile_marker && data.size() > profile_mark.size() + 2 &&
            data.substr(0, profile_mark.size()) == profile_mark)
            parts[static_cast<std::uint8_t>(data[profile_mark.size()])] = data.substr(profile_mark.size() + 2);
    }
    std::string whole;
    for (const auto& [number, part] : parts) whole += part;
    return whole;
}

bool read_header(Reading& reading, const std::string& content) {
    if (setjmp(reading.jump) != 0) return false;
    jpeg_create_decompress(&reading.jpeg);
    jpeg_mem_src(&reading.jpeg, reinterpret_cast<const unsigned char*>(content.data()), content.size());
    jpeg_save_markers(&reading.jpeg, exif_marker, 0xFFFF);
    jpeg_save_markers(&reading.jpeg, profile_marker, 0xFFFF);
    jpeg_read_header(&reading.jpeg, TRUE);
    reading.decoded.height = reading.jpeg.image_height;
    reading.decoded.width = reading.jpeg.image_width;
    reading.decoded.orientation = orientation(reading.jpeg);
    reading.decoded.profile = profile(reading.jpeg);
    return true;
}

bool read_rows(Reading& reading) {
    if (setjmp(reading.jump) != 0) return false;
    auto& jpeg = reading.jpeg;
    jpeg.out_color_space = jpeg.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    auto& decoded = reading.decoded;
    decoded.depth = jpeg.output_components;
    const auto line = length(decoded.width * decoded.depth);
    decoded.values.resize(line * length(decoded.height));
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = decoded.values.data() + jpeg.output_scanline * line;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    return true;
}

}  // namespace

Decoded decode_jpeg(const std::filesystem::path& path, const std::string& content, std::int64_t max_pixels) {
    Reading reading;
    reading.jpeg.err = jpeg_std_error(&reading.errors);
    reading.jpeg.client_data = &reading;
    reading.errors.error_exit = on_error;
    reading.errors.emit_message = on_message;
    if (!read_header(reading, content)) fail_unreadable(path, reading.problem);
    check_pixels(path, reading.decoded.height, reading.decoded.width, max_pixels);
    if (reading.jpeg.num_components == 4) fail_unreadable(path, "four colours (CMYK)");
    if (!read_rows(reading)) fail_unreadable(path, reading.problem);
    return std::move(reading.decoded);
}

}  // namespace keras_gen::detail
