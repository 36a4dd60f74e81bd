// Bundles that come with keras-gen, by their names.
#pragma once

#include <filesystem>

namespace keras_gen::detail {

// The folder of a bundle: of `ready:NAME` that of the ready bundle, in the folder of the variable KERAS_GEN_READY, in
// the one that was installed with the library, or in the one that it was built from; anything else as it is.
// InputError: no ready bundle of that name.
std::filesystem::path bundle_folder(std::filesystem::path named);

}  // namespace keras_gen::detail
