// Words and options of the two programs, and how they end.
#pragma once

#include <charconv>
#include <exception>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "keras_gen/keras_gen.hpp"

namespace command_line {

using keras_gen::InputError;

struct Arguments {
    std::vector<std::string> words{};
    std::map<std::string, std::string> options{};

    std::string text(const std::string& option, const std::string& otherwise) const {
        const auto found = options.find(option);
        return found == options.end() ? otherwise : found->second;
    }

    bool has(const std::string& option) const { return options.count(option) > 0; }
};

// `--name value` and `--name=value` are options; what is left are words. A negative number is a word.
inline Arguments parsed(int count, char** values, std::size_t words, const std::set<std::string>& known) {
    Arguments arguments;
    for (int index = 1; index < count; ++index) {
        const std::string word = values[index];
        if (word.rfind("--", 0) != 0) {
            arguments.words.push_back(word);
            continue;
        }
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        if (known.count(name) == 0) {
            std::string names;
            for (const auto& option : known) names += (names.empty() ? "" : ", ") + option;
            throw InputError("options must be among " + names + ". Received: " + name + ".");
        }
        if (equals == std::string::npos && index + 1 == count)
            throw InputError(name + " must have a value. Received: the option alone.");
        arguments.options[name] = equals == std::string::npos ? values[++index] : word.substr(equals + 1);
    }
    if (arguments.words.size() != words)
        throw InputError(std::to_string(words) + " words must be given. Received: " +
                         std::to_string(arguments.words.size()) + "; --help shows them.");
    return arguments;
}

template <class Number>
Number number(const std::string& name, const std::string& text) {
    Number value{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size())
        throw InputError(name + " must be " + (std::numeric_limits<Number>::is_integer ? "an integer" : "a number") +
                         ". Received: '" + text + "'.");
    return value;
}

inline keras_gen::Execution execution(const Arguments& arguments) {
    keras_gen::Execution execution;
    execution.provider = arguments.text("--provider", "auto");
    if (arguments.has("--threads")) {
        execution.threads = number<int>("--threads", arguments.text("--threads", ""));
        if (execution.threads < 1)
            throw InputError("--threads must be at least 1. Received: " + std::to_string(execution.threads) + ".");
    }
    return execution;
}

inline bool is_array_name(const std::filesystem::path& path) {
    return path.extension() == ".npy" || path.extension() == ".NPY";
}

// What a program writes: a PNG, or an array.
inline std::filesystem::path out_name(const std::string& text) {
    std::filesystem::path path = text;
    const auto suffix = path.extension();
    if ((suffix != ".png" && suffix != ".PNG" && !is_array_name(path)) || std::filesystem::is_directory(path))
        throw InputError("the file to write must end in .png or .npy. Received: " + text + ".");
    return path;
}

// Runs a program: 2 for what the user can change, in one line, 1 for everything else that goes wrong.
template <class Program>
int run(int count, char** values, const std::string& name, const char* help, const Program& program) {
    try {
        for (int index = 1; index < count; ++index)
            if (std::string(values[index]) == "--help") {
                std::cout << help;
                return 0;
            }
        program();
        return 0;
    } catch (const InputError& error) {
        std::cerr << name << ": " << error.what() << '\n';
        return 2;
    } catch (const std::bad_alloc&) {
        std::cerr << name << ": pictures must fit into memory. Received: too many or too large ones.\n";
        return 2;
    } catch (const std::length_error&) {
        std::cerr << name << ": pictures must fit into memory. Received: too many or too large ones.\n";
        return 2;
    } catch (const std::exception& error) {
        std::cerr << name << ": " << error.what() << '\n';
        return 1;
    }
}

}  // namespace command_line
