// The files of a bundle: there, whole, and what the manifest says they are.
#pragma once

#include <filesystem>
#include <string>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

// The whole of a plain file. InputError: missing, a link or no file, or it cannot be read.
std::string read_plain_file(const std::filesystem::path& path);

// InputError: missing, a link or no file, or of another size than the manifest states.
void check_present(const std::filesystem::path& bundle, const StoredFile& file);

// The bytes of a file after size and SHA-256 were compared with the manifest's. InputError: they differ.
std::string read_verified(const std::filesystem::path& bundle, const StoredFile& file);

// SHA-256 in hexadecimal digits (FIPS 180-4).
std::string sha256(const std::string& content);

// Operator set of the ONNX default domain that a model asks for, after it was walked through for data that it keeps
// elsewhere. Only initializers of the main graph may, and only in the network's own weights file.
// InputError: other external data, or what is no ONNX file; `path` is for the message.
std::int64_t check_onnx(const std::filesystem::path& path, const std::string& content,
                        const std::optional<StoredFile>& weights);

}  // namespace keras_gen::detail
