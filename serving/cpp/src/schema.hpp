// Written from serving/bundle/manifest.schema.json by `make tables`; a test compares the two.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace keras_gen::detail::schema {

inline constexpr std::int64_t most_bytes = 4194304;
inline constexpr std::int64_t deepest = 64;
inline constexpr std::int64_t newest_format = 3;
inline constexpr std::int64_t largest_integer = 9007199254740991;
inline constexpr std::int64_t most_network_bytes = 2147483647;
inline constexpr std::int64_t most_weights_bytes = 17179869184;
inline constexpr std::int64_t longest_file_name = 255;
inline constexpr std::int64_t longest_version = 32;
inline constexpr std::int64_t most_networks = 256;
inline constexpr std::int64_t most_tensors = 256;
inline constexpr std::int64_t most_classes = 65536;
inline constexpr std::int64_t most_axes = 64;

inline constexpr std::array<std::string_view, 1> features{"fixed_batch"};
inline constexpr std::array<std::string_view, 2> interpolations{"bicubic", "nearest"};
inline constexpr std::array<std::string_view, 7> priors{
    "standard_normal", "mixture", "swiss_roll", "codes", "fitted", "masked_codes", "mapped",
};
inline constexpr std::array<std::string_view, 2> weights{"raw", "ema"};
inline constexpr std::array<std::string_view, 2> quantizations{"int8", "fp16"};
inline constexpr std::array<std::string_view, 3> dtypes{"uint8", "float32", "int64"};
inline constexpr std::array<std::string_view, 2> domains{"", "ai.onnx"};

// In the order of their bytes, to be searched in.
inline constexpr std::array<std::string_view, 153> operators{
    "Abs", "Acos", "Acosh", "Add", "AffineGrid", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh",
    "Attention", "AveragePool", "BatchNormalization", "BitCast", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr",
    "BitwiseXor", "Cast", "CastLike", "Ceil", "Celu", "CenterCropPad", "Clip", "Compress", "Concat", "Constant",
    "ConstantOfShape", "Conv", "ConvInteger", "ConvTranspose", "Cos", "Cosh", "CumProd", "CumSum", "DeformConv",
    "DepthToSpace", "DequantizeLinear", "Div", "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp",
    "Expand", "EyeLike", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm",
    "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "Greater", "GreaterOrEqual", "GridSample",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Hardmax", "Identity", "InstanceNormalization", "IsInf",
    "IsNaN", "LRN", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "LinearAttention", "Log", "LogSoftmax",
    "LpNormalization", "LpPool", "MatMul", "MatMulInteger", "Max", "MaxPool", "Mean", "MeanVarianceNormalization",
    "Min", "Mish", "Mod", "Mul", "Neg", "NonZero", "Not", "OneHot", "Or", "PRelu", "Pad", "Pow", "QLinearConv",
    "QLinearMatMul", "QuantizeLinear", "RMSNormalization", "Range", "Reciprocal", "ReduceL1", "ReduceL2",
    "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Relu", "Reshape", "Resize", "RotaryEmbedding", "Round", "ScatterElements", "ScatterND",
    "Selu", "Shape", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Size", "Slice", "Softmax", "Softplus", "Softsign",
    "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "SwiGLU", "Swish", "Tan", "Tanh", "ThresholdedRelu",
    "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Upsample", "Where", "Xor",
};

}  // namespace keras_gen::detail::schema
