// Written from serving/bundle/manifest.schema.json by `make tables`; a test compares the two.

export const MOST_BYTES = 4194304;
export const DEEPEST = 64;
export const NEWEST_FORMAT = 3;
export const LARGEST_INTEGER = 9007199254740991;
export const MOST_NETWORK_BYTES = 2147483647;
export const MOST_WEIGHTS_BYTES = 17179869184;
export const LONGEST_FILE_NAME = 255;
export const LONGEST_VERSION = 32;
export const MOST_NETWORKS = 256;
export const MOST_TENSORS = 256;
export const MOST_CLASSES = 65536;
export const MOST_AXES = 64;

export const FEATURES = ["fixed_batch"] as const;
export const INTERPOLATIONS = ["bicubic", "nearest"] as const;
export const PRIORS = [
  "standard_normal",
  "mixture",
  "swiss_roll",
  "codes",
  "fitted",
  "masked_codes",
  "mapped",
] as const;
export const WEIGHTS = ["raw", "ema"] as const;
export const QUANTIZATIONS = ["int8", "fp16"] as const;
export const DTYPES = ["uint8", "float32", "int64"] as const;
export const DOMAINS = ["", "ai.onnx"] as const;

export const VERSION = /^[0-9]+(?:\.[0-9]+)*$/;
/** A file name is refused where one of these is found in it. */
export const UNFIT_NAMES = [
  /[^A-Za-z0-9._-]/,
  /^\.|\.$/,
  /^(?:[Cc][Oo][Nn]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]|[Cc][Oo][Mm][1-9]|[Ll][Pp][Tt][1-9])(?:\.|$)/,
] as const;

const NAMES = `
Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization BitCast
BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Compress Concat
Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DeformConv DepthToSpace
DequantizeLinear Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements
GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization
HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less
LessOrEqual LinearAttention Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean
MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul
QuantizeLinear RMSNormalization Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean
ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize RotaryEmbedding Round ScatterElements ScatterND
Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum
SwiGLU Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor
`;
/** What nodes of a network may compute. */
export const OPERATORS: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));
