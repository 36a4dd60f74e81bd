#include "stored.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>

#include "support.hpp"

namespace keras_gen::detail {
namespace {

namespace fs = std::filesystem;

std::uint64_t size_of_plain_file(const fs::path& path) {
    std::error_code problem;
    const auto status = fs::symlink_status(path, problem);
    if (!fs::exists(status)) throw InputError(path.string() + " must be in the bundle. Received: no such file.");
    if (fs::is_symlink(status)) throw InputError(path.string() + " must be a file of its own. Received: a link.");
    if (!fs::is_regular_file(status)) throw InputError(path.string() + " must be a file. Received: something else.");
    const auto size = fs::file_size(path, problem);
    if (problem) throw InputError(path.string() + " must be readable. Received: " + problem.message() + ".");
    return size;
}

std::string read_bytes(const fs::path& path, std::uint64_t size) {
    std::string content(size, '\0');
    std::ifstream file(path, std::ios::binary);
    if (!file || !file.read(content.data(), static_cast<std::streamsize>(size)))
        throw InputError(path.string() + " must be readable. Received: an error while reading.");
    return content;
}

void require_at_most(const fs::path& path, std::uint64_t most, std::uint64_t size) {
    if (size > most)
        throw InputError(path.string() + " must have at most " + std::to_string(most) +
                         " bytes. Received: " + std::to_string(size) + ".");
}

}  // namespace

std::string read_plain_file(const fs::path& path, std::uint64_t most) {
    const auto size = size_of_plain_file(path);
    require_at_most(path, most, size);
    return read_bytes(path, size);
}

void check_present(const fs::path& bundle, const StoredFile& file) {
    const auto path = bundle / file.name;
    const auto size = size_of_plain_file(path);
    if (size != file.size)
        throw InputError(path.string() + " must have " + std::to_string(file.size) +
                         " bytes. Received: " + std::to_string(size) + ".");
}

std::string read_verified(const fs::path& bundle, const StoredFile& file) {
    check_present(bundle, file);
    std::string content = read_bytes(bundle / file.name, file.size);
    const auto digest = sha256(content);
    if (digest != file.sha256)
        throw InputError((bundle / file.name).string() + " must have the SHA-256 " + file.sha256 +
                         ". Received: " + digest + ".");
    return content;
}

std::string sha256(const std::string& content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(content.data(), content.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL must offer SHA-256. Received: an error.");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int index = 0; index < length; ++index) {
        text += digits[digest[index] >> 4U];
        text += digits[digest[index] & 15U];
    }
    return text;
}

}  // namespace keras_gen::detail
