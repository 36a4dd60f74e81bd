"""The operators that a network of a bundle may use.

Those of ONNX itself that compute numbers from numbers. Left out are graphs within graphs (`If`, `Loop`, `Scan`), random
numbers, which no two runtimes draw alike, strings, sequences, training and pictures' file formats; and every other
domain, some of whose operators open files.
"""

_ELEMENTS = """
Abs Acos Acosh Add And Asin Asinh Atan Atanh BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike
Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf
IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink
Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum SwiGLU Swish Tan Tanh ThresholdedRelu Where Xor
"""
_LAYERS = """
Attention AveragePool BatchNormalization Conv ConvTranspose DeformConv Einsum Gemm GlobalAveragePool
GlobalLpPool GlobalMaxPool GroupNormalization InstanceNormalization LRN LayerNormalization LinearAttention LogSoftmax
LpNormalization LpPool MatMul MaxPool MeanVarianceNormalization RMSNormalization RotaryEmbedding Softmax
"""
_REDUCTIONS = """
ArgMax ArgMin CumProd CumSum Hardmax ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
ReduceProd ReduceSum ReduceSumSquare TopK
"""
_SHAPES = """
CenterCropPad Compress Concat Constant ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements
GatherND GridSample AffineGrid NonZero OneHot Pad Range Reshape Resize ScatterElements ScatterND Shape Size Slice
SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze Upsample
"""
_QUANTIZED = """
ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear
"""

ALLOWED = frozenset(" ".join([_ELEMENTS, _LAYERS, _REDUCTIONS, _SHAPES, _QUANTIZED]).split())
# ONNX's own domain by both of its names.
DOMAINS = ("", "ai.onnx")
