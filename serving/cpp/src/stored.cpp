#include "stored.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "support.hpp"

namespace keras_gen::detail {
namespace {

namespace fs = std::filesystem;

// A file of a bundle: as messages call it, where it is behind its link if it is one, and its size.
struct Found {
    fs::path path;
    fs::path real;
    std::uint64_t size = 0;
};

bool is_inside(const fs::path& folder, const fs::path& path) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

// Whether a link may end at a path: in the folder of the bundle, as Kubernetes mounts volumes, or, from a folder
// `snapshots`, in the folder `blobs` beside it, as model hubs keep their caches. A folder `blobs` that is itself a link
// is none of them: what is behind it is somewhere else.
bool may_lead_to(const fs::path& bundle, const fs::path& real) {
    if (is_inside(bundle, real)) return true;
    for (auto folder = bundle.parent_path(); folder != folder.parent_path(); folder = folder.parent_path())
        if (folder.filename() == "snapshots" && is_inside(folder.parent_path() / "blobs", real)) return true;
    return false;
}

// The end of a link.
fs::path followed(const fs::path& bundle, const fs::path& path) {
    std::error_code problem;
    const auto real = fs::canonical(path, problem);
    if (problem) throw InputError(path.string() + " must be a file of its own. Received: a link to no file.");
    const auto folder = fs::canonical(bundle, problem);
    if (problem || !may_lead_to(folder, real))
        throw InputError(path.string() + " must be a file of its own, or a link to one of the bundle or of its model "
                         "hub's cache. Received: a link to " + real.string() + ".");
    return real;
}

Found found(const fs::path& bundle, const std::string& name) {
    const auto path = bundle / name;
    std::error_code problem;
    const auto status = fs::symlink_status(path, problem);
    if (!fs::exists(status)) throw InputError(path.string() + " must be in the bundle. Received: no such file.");
    const auto real = fs::is_symlink(status) ? followed(bundle, path) : path;
    if (!fs::is_regular_file(fs::symlink_status(real, problem)))
        throw InputError(path.string() + " must be a file. Received: something else.");
    const auto size = fs::file_size(real, problem);
    if (problem) throw InputError(path.string() + " must be readable. Received: " + problem.message() + ".");
    return {path, real, size};
}

std::string read_bytes(const Found& file) {
    const auto& [path, real, size] = file;
    std::string content(size, '\0');
    std::ifstream stream(real, std::ios::binary);
    if (!stream || !stream.read(content.data(), static_cast<std::streamsize>(size)))
        throw InputError(path.string() + " must be readable. Received: an error while reading.");
    return content;
}

void require_at_most(const fs::path& path, std::uint64_t most, std::uint64_t size) {
    if (size > most)
        throw InputError(path.string() + " must have at most " + std::to_string(most) +
                         " bytes. Received: " + std::to_string(size) + ".");
}

Found present(const fs::path& bundle, const StoredFile& stored) {
    auto file = found(bundle, stored.name);
    if (file.size != stored.size)
        throw InputError(file.path.string() + " must have " + std::to_string(stored.size) +
                         " bytes. Received: " + std::to_string(file.size) + ".");
    return file;
}

}  // namespace

std::string read_plain_file(const fs::path& bundle, const std::string& name, std::uint64_t most) {
    const auto file = found(bundle, name);
    require_at_most(file.path, most, file.size);
    return read_bytes(file);
}

void check_present(const fs::path& bundle, const StoredFile& file) { static_cast<void>(present(bundle, file)); }

std::string read_verified(const fs::path& bundle, const StoredFile& file) {
    const auto there = present(bundle, file);
    std::string content = read_bytes(there);
    const auto digest = sha256(content);
    if (digest != file.sha256)
        throw InputError(there.path.string() + " must have the SHA-256 " + file.sha256 +
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
