// Bundles that come with keras-gen, by their names.
#include "ready.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "keras_gen/keras_gen.hpp"
#include "support.hpp"

namespace keras_gen::detail {
namespace {

namespace fs = std::filesystem;

const std::string prefix = "ready:";

fs::path ready_folder() {
    const char* elsewhere = std::getenv("KERAS_GEN_READY");
    if (elsewhere != nullptr && *elsewhere != '\0') return elsewhere;
    std::error_code unreadable;
    return fs::is_directory(KERAS_GEN_READY_INSTALLED, unreadable) ? KERAS_GEN_READY_INSTALLED : KERAS_GEN_READY_SOURCE;
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder, unreadable))
        if (fs::is_regular_file(entry.path() / "manifest.json", unreadable))
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

fs::path bundle_folder(fs::path named) {
    const auto text = named.string();
    if (text.rfind(prefix, 0) != 0) return named;
    const auto folder = ready_folder();
    const auto names = names_in(folder);
    const auto name = text.substr(prefix.size());
    if (std::find(names.begin(), names.end(), name) != names.end()) return folder / name;
    std::string among;
    for (const auto& known : names) among += (among.empty() ? "one of " : ", ") + known;
    if (among.empty()) among = "in " + folder.string() + ", where there is none";
    throw InputError("a ready bundle must be " + among + ". Received: '" + one_line(name, 60) + "'.");
}

}  // namespace keras_gen::detail
