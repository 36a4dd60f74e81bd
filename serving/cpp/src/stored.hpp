// The files of a bundle: there, whole, and what the manifest says they are.
#pragma once

#include <filesystem>
#include <string>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

// The manifest of a bundle. InputError: no bundle, or a manifest that is not valid.
Manifest manifest_of(const std::filesystem::path& bundle);

// The whole of a file of a bundle. InputError: missing, a link that leads out of the bundle or no file, larger than
// `most`, or it cannot be read.
std::string read_plain_file(const std::filesystem::path& bundle, const std::string& name, std::uint64_t most);

// InputError: missing, a link that leads out of the bundle or no file, or of another size than the manifest states.
void check_present(const std::filesystem::path& bundle, const StoredFile& file);

// The bytes of a file after size and SHA-256 were compared with the manifest's. InputError: they differ.
std::string read_verified(const std::filesystem::path& bundle, const StoredFile& file);

// SHA-256 in hexadecimal digits (FIPS 180-4).
std::string sha256(const std::string& content);

// Version of ONNX's operators that a model asks for, after everything in it was found to be its own: one graph of
// ONNX's operators, whose initializers are inside or in the network's own weights file.
// InputError: other external data or operators, or what is no ONNX file; `path` is for the message.
std::int64_t check_onnx(const std::filesystem::path& path, const std::string& content,
                        const std::optional<StoredFile>& weights);

}  // namespace keras_gen::detail
