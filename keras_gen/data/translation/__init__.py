"""Pictures of two domains, A and B.

both = keras_gen.data.open_domains("pairs:facades", image_size=286)
model.fit(both.endless(batch_size=1, crop=256, mirror=True), steps_per_epoch=both.steps(1), epochs=200)
"""

from keras_gen.data.translation.domains import Domains, check_load_size, is_of_one_domain, open_domains

__all__ = ["Domains", "check_load_size", "is_of_one_domain", "open_domains"]
