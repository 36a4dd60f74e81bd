"""A bidirectional transformer over the codes of a map.

Blocks of self-attention and of a dense network at each place, both added to their input, which is normalized before.

Source: Vaswani et al. 2017, "Attention Is All You Need"; normalization first: Xiong et al. 2020, "On Layer
Normalization in the Transformer Architecture".
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import TokenAttention, TokenDense, TokenEmbedding
from serving.common.errors import require_at_least


def code_predictor(
    places: int, codes: int, classes: int, width: int = 128, blocks: int = 4, heads: int = 4, expansion: int = 4
) -> keras.Model:
    """Codes (batch, places), whole numbers of which `codes` itself is a masked place, and labels (batch,) where there
    are `classes` -> logits (batch, places, codes).

    Args:
        places: of a map.
        codes: how many there are.
        classes: how many there are; 0 for a network that takes no label.
        width: of the vector of a place.
        blocks: how many.
        heads: attentions side by side.
        expansion: the dense network's hidden layer is so many times as wide.
    """
    require_at_least(1, width=width, blocks=blocks, expansion=expansion)
    tokens = keras.Input((places,), name="tokens")
    inputs = [tokens]
    x = TokenEmbedding(codes + 1, width)(tokens)
    if classes:
        inputs.append(keras.Input((), dtype="int64", name="label"))
        of_class = layers.Embedding(classes, width, name="class_vectors")(inputs[1])
        x = layers.Add()([x, layers.Reshape((1, width))(of_class)])
    for _ in range(blocks):
        x = layers.Add()([x, TokenAttention(heads)(layers.LayerNormalization(epsilon=1e-5)(x))])
        y = TokenDense(expansion * width, activation="relu")(layers.LayerNormalization(epsilon=1e-5)(x))
        x = layers.Add()([x, TokenDense(width)(y)])
    logits = TokenDense(codes)(layers.LayerNormalization(epsilon=1e-5)(x))
    return keras.Model(inputs if classes else tokens, logits, name="code_predictor")
