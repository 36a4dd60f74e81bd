#include "whole_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "keras_gen/keras_gen.hpp"

namespace keras_gen::detail {

namespace fs = std::filesystem;

WholeFile::WholeFile(const fs::path& target) : target_(target) {
    if (fs::is_directory(target)) throw InputError(target.string() + " must be a file. Received: a folder.");
    std::error_code problem;
    if (target.has_parent_path()) fs::create_directories(target.parent_path(), problem);
    name_ = (target.parent_path() / ("." + target.stem().string() + "-XXXXXX")).string();
    const int handle = ::mkstemp(name_.data());
    if (handle < 0) fail();
    file_ = ::fdopen(handle, "wb");
}

WholeFile::~WholeFile() {
    if (file_ != nullptr) std::fclose(file_);
    if (!done_) std::remove(name_.c_str());
}

void WholeFile::finish() {
    const auto mask = ::umask(0);
    ::umask(mask);
    const bool set = ::fchmod(::fileno(file_), 0666U & ~mask) == 0;
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (!set || !closed || std::rename(name_.c_str(), target_.c_str()) != 0) fail();
    done_ = true;
}

void WholeFile::fail() const {
    throw InputError(target_.string() + " must be writable. Received: " + std::strerror(errno) + ".");
}

}  // namespace keras_gen::detail
