import numpy as np

from keras_gen import metrics

pictures = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 16, 16, 1)).astype(np.float32)
darker = pictures - 0.02
print(metrics.psnr(darker, pictures).round(1))  # [40. 40. 40. 40.]: 20 log10(2 / 0.02)
print(metrics.ssim(pictures, pictures))  # [1. 1. 1. 1.]
