from __future__ import annotations

import numpy as np

from keras_gen.layers import Attended


def test_pictures_are_mixed_by_the_last_channel():
    """Equation 1 of Mejjati et al. 2018, with a mask from -1 to 1; what stands behind the colours does not count."""
    rng = np.random.default_rng(0)
    images, latents = rng.uniform(-1, 1, (2, 2, 5, 4, 3)).astype(np.float32)
    made = rng.uniform(-1.2, 1.2, (2, 5, 4, 4)).astype(np.float32)
    received = Attended()(np.concatenate([images, latents], axis=-1), made).numpy()
    mask = np.clip((made[..., 3:] + 1) / 2, 0, 1)
    expected = mask * made[..., :3] + (1 - mask) * images
    np.testing.assert_allclose(received, np.concatenate([expected, mask], axis=-1), atol=1e-6)
    nothing = made.copy()
    nothing[..., 3] = -1
    np.testing.assert_array_equal(Attended()(images, nothing)[..., :3], images)
