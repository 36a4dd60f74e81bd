/** The operators that a network of a bundle may use: those of `serving/bundle/operators.py`, which says why. */

import { InputError, shown } from "./errors.js";
import type { OnnxFacts } from "./onnx.js";

const NAMES = `
Abs Acos Acosh Add And Asin Asinh Atan Atanh BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike
Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf
IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink
Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum SwiGLU Swish Tan Tanh ThresholdedRelu Where Xor
Attention AveragePool BatchNormalization Conv ConvTranspose DeformConv Einsum Gemm GlobalAveragePool
GlobalLpPool GlobalMaxPool GroupNormalization InstanceNormalization LRN LayerNormalization LinearAttention LogSoftmax
LpNormalization LpPool MatMul MaxPool MeanVarianceNormalization RMSNormalization RotaryEmbedding Softmax
ArgMax ArgMin CumProd CumSum Hardmax ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
ReduceProd ReduceSum ReduceSumSquare TopK
CenterCropPad Compress Concat Constant ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements
GatherND GridSample AffineGrid NonZero OneHot Pad Range Reshape Resize ScatterElements ScatterND Shape Size Slice
SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze Upsample
ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear
`;
const SHOWN = 3;

/** ONNX's own operators that compute numbers from numbers. */
export const ALLOWED: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

/** Raises InputError for a network with other operators, with some that it defines itself, or with sparse tensors. */
export function requireNumbersFromNumbers(name: string, facts: OnnxFacts): void {
  const refused = [...facts.operators].filter((operator) => !ALLOWED.has(operator)).sort();
  if (refused.length > 0) {
    const received = refused.slice(0, SHOWN).map(shown).join(", ");
    throw new InputError(
      `${name} must use operators of ONNX that compute numbers from numbers. Received: ${received}.`,
    );
  }
  if (facts.functions > 0) {
    throw new InputError(`${name} must define no operators of its own. Received: ${facts.functions}.`);
  }
  if (facts.sparse > 0) {
    throw new InputError(`${name} must store all numbers of a tensor. Received: ${facts.sparse} sparse ones.`);
  }
}
