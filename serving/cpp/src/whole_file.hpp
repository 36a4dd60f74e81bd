// A file under a name of its own beside `target`, which it becomes, or nothing.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace keras_gen::detail {

class WholeFile {
public:
    // InputError here and in `finish`: a place that cannot be written to.
    explicit WholeFile(const std::filesystem::path& target);
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;
    ~WholeFile();

    std::FILE* stream() const { return file_; }
    void finish();

private:
    [[noreturn]] void fail() const;

    std::filesystem::path target_;
    std::string name_;
    std::FILE* file_ = nullptr;
    bool done_ = false;
};

}  // namespace keras_gen::detail
