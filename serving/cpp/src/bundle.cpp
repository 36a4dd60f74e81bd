// The networks of a bundle as ONNX Runtime sessions over verified bytes.
#define ORT_API_MANUAL_INIT  // without it the library is asked for its functions before anything can be said
#include <onnxruntime_cxx_api.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <type_traits>
#include <unordered_map>

#include "ready.hpp"
#include "stored.hpp"
#include "support.hpp"

namespace keras_gen {
namespace {

namespace fs = std::filesystem;

// More than the cores of any machine; ONNX Runtime would start as many as it is told.
constexpr std::int64_t most_threads = 1024;

std::string runtime_version() { return OrtGetApiBase()->GetVersionString(); }

// ONNX Runtime from 1.29 on writes a device id and sends what it runs, unless this is set before its environment is
// made; what the user set stays. On Windows it does not read the variable.
void turn_telemetry_off() {
#ifndef _WIN32
    setenv("ORT_DISABLE_TELEMETRY", "1", 0);
#endif
}

// The functions of the library. It is asked for its version first: what it is too old for, it complains about itself.
void start_runtime() {
    static const bool started = [] {
        turn_telemetry_off();
        const std::string version = runtime_version();
        const auto minor = version.substr(std::min(version.find('.') + 1, version.size()));
        int api_version = 0;
        std::from_chars(minor.data(), minor.data() + minor.size(), api_version);
        const bool older = version.rfind("1.", 0) == 0 && api_version < ORT_API_VERSION;
        const OrtApi* api = older ? nullptr : OrtGetApiBase()->GetApi(ORT_API_VERSION);
        if (api == nullptr)
            throw InputError("the onnxruntime library must be at least 1." + std::to_string(ORT_API_VERSION) +
                             ", whose headers this program was built with. Received: " + version + ".");
        Ort::InitApi(api);
        return true;
    }();
    static_cast<void>(started);
}

constexpr auto not_built = "an ONNX Runtime that was built without it";

bool built_for(const std::string& provider) {
    const auto present = Ort::GetAvailableProviders();
    return std::find(present.begin(), present.end(), provider) != present.end();
}

// Why CUDA cannot be used, or nothing.
std::string problem_with_cuda() {
    if (!built_for("CUDAExecutionProvider")) return not_built;
    if (!fs::exists("/proc/driver/nvidia/version") && !fs::exists("/dev/nvidiactl")) return "no NVIDIA driver";
    try {
        Ort::SessionOptions().AppendExecutionProvider_CUDA(OrtCUDAProviderOptions{});
        return "";
    } catch (const Ort::Exception& error) {
        return detail::one_line(error.what());
    }
}

// A network is computed whole or refused: OpenVINO's integers of 64 bits are wrong. Codes and classes are numbers to go
// on computing with, and stay in float32; the precision is always told, since OpenVINO has its own choice.
void append_openvino(Ort::SessionOptions& options, bool bfloat16, int threads) {
    std::unordered_map<std::string, std::string> told{
        {"device_type", "CPU"},
        {"load_config", bfloat16 ? R"({"CPU": {"INFERENCE_PRECISION_HINT": "bf16"}})"
                                 : R"({"CPU": {"INFERENCE_PRECISION_HINT": "f32"}})"}};
    if (threads > 0) told["num_of_threads"] = std::to_string(threads);
    options.AddConfigEntry("session.disable_cpu_ep_fallback", "1");
    options.AppendExecutionProvider_OpenVINO_V2(told);
}

std::string chosen_provider(const std::string& wanted) {
    if (wanted != "auto" && wanted != "cpu" && wanted != "cuda" && wanted != "openvino")
        throw InputError("`provider` must be one of auto, cpu, cuda, openvino. Received: '" + wanted + "'.");
    if (wanted == "cpu") return "cpu";
    if (wanted == "openvino") {
        if (!built_for("OpenVINOExecutionProvider"))
            throw InputError("provider 'openvino' needs the library of the Python package onnxruntime-openvino. "
                             "Received: " + std::string(not_built) + ".");
        Ort::SessionOptions options;
        try {
            append_openvino(options, false, 0);
        } catch (const Ort::Exception& error) {
            throw InputError("provider 'openvino' needs the libraries of OpenVINO beside ONNX Runtime's. Received: " +
                             detail::one_line(error.what()));
        }
        return "openvino";
    }
    const auto problem = problem_with_cuda();
    if (wanted == "cuda" && !problem.empty())
        throw InputError("provider 'cuda' needs an ONNX Runtime built for it, an NVIDIA driver and CUDA. Received: " +
                         problem + ".");
    return problem.empty() ? "cuda" : "cpu";
}

bool makes_pictures(const Network& network) {
    return network.outputs.count("image") > 0 || network.outputs.count("translation") > 0;
}

void check_precision(const Execution& wanted, const Manifest& manifest) {
    if (wanted.precision != "float32" && wanted.precision != "bfloat16")
        throw InputError("`precision` must be one of float32, bfloat16. Received: '" + wanted.precision + "'.");
    if (wanted.precision == "float32") return;
    if (wanted.provider != "openvino")
        throw InputError("`precision` must be float32 with provider '" + wanted.provider +
                         "'; only 'openvino' computes in bfloat16. Received: 'bfloat16'.");
    const auto& all = manifest.networks;
    if (std::none_of(all.begin(), all.end(), [](const auto& each) { return makes_pictures(each.second); }))
        throw InputError("`precision` must be float32 for a bundle none of whose networks makes pictures. "
                         "Received: 'bfloat16'.");
}

ONNXTensorElementDataType type_of(const std::string& dtype) {
    if (dtype == "uint8") return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    if (dtype == "float32") return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    if (dtype == "int64") return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    throw InputError("a dtype must be uint8, float32 or int64. Received: '" + detail::one_line(dtype, 60) + "'.");
}

struct Signature {
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    std::vector<std::int64_t> axes{};  // below 0 where one is free
};

using Signatures = std::map<std::string, Signature>;

// An opened network, and what goes in and out of it.
struct Opened {
    Ort::Session session;
    Signatures inputs{};
    Signatures outputs{};
};

Signature signature(const Ort::TypeInfo& info) {
    if (info.GetONNXType() != ONNX_TYPE_TENSOR) return {};
    const auto tensor = info.GetTensorTypeAndShapeInfo();
    return {tensor.GetElementType(), tensor.GetShape()};
}

Opened described(Ort::Session session) {
    Opened opened{std::move(session)};
    const Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t index = 0; index < opened.session.GetInputCount(); ++index)
        opened.inputs[opened.session.GetInputNameAllocated(index, allocator).get()] =
            signature(opened.session.GetInputTypeInfo(index));
    for (std::size_t index = 0; index < opened.session.GetOutputCount(); ++index)
        opened.outputs[opened.session.GetOutputNameAllocated(index, allocator).get()] =
            signature(opened.session.GetOutputTypeInfo(index));
    return opened;
}

// Axes of one rank, and sizes that are equal where both are fixed.
bool agree(const Tensor& stated, const Signature& found) {
    return found.type == type_of(stated.dtype) &&
           std::equal(stated.axes.begin(), stated.axes.end(), found.axes.begin(), found.axes.end(),
                      [](std::int64_t one, std::int64_t other) { return one < 0 || other < 0 || one == other; });
}

void check_described(const fs::path& path, const std::map<std::string, Tensor>& stated, const Signatures& found) {
    for (const auto& [name, tensor] : stated)
        if (found.count(name) == 0 || !agree(tensor, found.at(name)))
            throw InputError(path.string() + " must have '" + detail::one_line(name, 60) + "' as " + tensor.dtype +
                             " (" + detail::joined(tensor.axes) + "), as the manifest says. Received: " +
                             (found.count(name) == 0 ? "none of that name." : "another type or other axes."));
    if (found.size() != stated.size())
        throw InputError(path.string() + " must have " + std::to_string(stated.size()) +
                         " inputs or outputs, as the manifest says. Received: " + std::to_string(found.size()) + ".");
}

template <class T>
Ort::Value value_over(T* values, const std::vector<std::int64_t>& shape) {
    static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    // An input is only read; the interface has no word for it.
    auto* data = const_cast<std::remove_const_t<T>*>(values);
    return Ort::Value::CreateTensor(memory, data, detail::product(shape), shape.data(), shape.size());
}

// One example of an input or output, with its first axis.
template <class Slot>
Slot row_of(const Slot& slot, std::int64_t row) {
    Slot cut = slot;
    cut.shape.front() = 1;
    const auto size = static_cast<std::int64_t>(detail::product(cut.shape));
    std::visit([&](auto& data) { data += row * size; }, cut.values);
    return cut;
}

}  // namespace

struct Bundle::State {
    State(fs::path place, const Execution& wanted) : folder(std::move(place)) {
        manifest = detail::manifest_of(folder);
        for (const auto& [name, network] : manifest.networks) {
            detail::check_present(folder, network.file);
            if (network.weights) detail::check_present(folder, *network.weights);
        }
        detail::require_at_least(0, "threads", wanted.threads);
        detail::require_at_most(most_threads, "threads", wanted.threads);
        threads = wanted.threads;
        check_precision(wanted, manifest);
        bfloat16 = wanted.precision == "bfloat16";
        start_runtime();
        environment.emplace(ORT_LOGGING_LEVEL_FATAL, "keras_gen");
        provider = chosen_provider(wanted.provider);
    }

    // A small network runs on the CPU in one thread: a pool of its own, waiting for work, would slow the others down.
    Ort::SessionOptions options(bool small, bool pictures) const {
        Ort::SessionOptions options;
        options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
        options.AddConfigEntry("session.load_model_format", "ONNX");
        // After a run its threads would go on waiting awake, on the cores that the next network needs.
        options.AddConfigEntry("session.force_spinning_stop", "1");
        if (small || threads > 0) options.SetIntraOpNumThreads(small ? 1 : threads);
        if (!small && provider == "cuda") options.AppendExecutionProvider_CUDA(OrtCUDAProviderOptions{});
        if (!small && provider == "openvino") append_openvino(options, bfloat16 && pictures, threads);
        return options;
    }

    Opened open(const std::string& name) const {
        const Network& network = manifest.networks.at(name);
        const auto path = folder / network.file.name;
        const std::string content = detail::read_verified(folder, network.file);
        const auto opset = detail::check_onnx(path, content, network.weights);
        std::string weights = network.weights ? detail::read_verified(folder, *network.weights) : std::string();
        try {
            auto chosen = options(name == "noise", makes_pictures(network));
            if (network.weights)
                chosen.AddExternalInitializersFromFilesInMemory({fs::path(network.weights->name).native()},
                                                                {weights.data()}, {weights.size()});
            auto opened = described(Ort::Session(*environment, content.data(), content.size(), chosen));
            check_described(path, network.inputs, opened.inputs);
            check_described(path, network.outputs, opened.outputs);
            return opened;
        } catch (const Ort::Exception& error) {
            throw InputError(path.string() + " must be a network that ONNX Runtime " + runtime_version() +
                             " can run; it needs operator set " + std::to_string(opset) +
                             ". Received: " + detail::one_line(error.what()));
        }
    }

    Opened& opened(const std::string& name) {
        const std::lock_guard<std::mutex> lock(mutex);
        const auto found = networks.find(name);
        return found != networks.end() ? found->second : networks.emplace(name, open(name)).first->second;
    }

    fs::path folder;
    Manifest manifest;
    std::string provider;
    int threads = 0;
    bool bfloat16 = false;
    std::optional<Ort::Env> environment;
    std::mutex mutex;
    std::map<std::string, Opened> networks;
};

Bundle::Bundle(fs::path folder, const Execution& execution)
    : state_(std::make_shared<State>(detail::bundle_folder(std::move(folder)), execution)) {}

const fs::path& Bundle::folder() const { return state_->folder; }
const Manifest& Bundle::manifest() const { return state_->manifest; }
const std::string& Bundle::provider() const { return state_->provider; }

const Network& Bundle::network(const std::string& name) const {
    const auto& networks = manifest().networks;
    const auto found = networks.find(name);
    if (found != networks.end()) return found->second;
    std::string names;
    for (const auto& entry : networks) names += (names.empty() ? "" : ", ") + entry.first;
    throw InputError(folder().string() + " must have the network '" + name + "'. Received: a bundle with " +
                     detail::one_line(names, 120) + ".");
}

void Bundle::run(const std::string& name, const std::vector<Input>& inputs, const Output& output) const {
    const auto rows = output.shape.empty() ? 1 : output.shape.front();
    if (!network(name).one_by_one || rows < 2) return run_once(name, inputs, output);
    for (std::int64_t row = 0; row < rows; ++row) {
        std::vector<Input> given;
        for (const auto& input : inputs) given.push_back(row_of(input, row));
        run_once(name, given, row_of(output, row));
    }
}

void Bundle::run_once(const std::string& name, const std::vector<Input>& inputs, const Output& output) const {
    const auto path = folder() / network(name).file.name;
    Opened& opened = state_->opened(name);
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (const auto& input : inputs) {
        names.push_back(input.name.c_str());
        values.push_back(std::visit([&](auto* data) { return value_over(data, input.shape); }, input.values));
    }
    Ort::Value result = std::visit([&](auto* data) { return value_over(data, output.shape); }, output.values);
    // ONNX Runtime compares types of inputs, and shapes; that an output's memory is of its type is for us to see to.
    const auto found = opened.outputs.find(output.name);
    if (found == opened.outputs.end() || found->second.type != result.GetTensorTypeAndShapeInfo().GetElementType())
        throw InputError(path.string() + " must give " + output.name + " in the type asked for. Received: " +
                         (found == opened.outputs.end() ? "no such output." : "another type."));
    const char* output_name = output.name.c_str();
    Ort::RunOptions options;
    options.SetRunLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    try {
        opened.session.Run(options, names.data(), values.data(), values.size(), &output_name, &result, 1);
    } catch (const Ort::Exception& error) {
        throw std::runtime_error(path.string() + " must run. Received: " + detail::one_line(error.what()));
    }
}

}  // namespace keras_gen
