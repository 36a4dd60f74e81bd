"""Deliberate faults, of which each must be caught by the tests that are named beside it."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A change of one place of the program.

    Attributes:
        name: what the change does wrong.
        file: below the repository's root.
        text: what is replaced; it must be in the file exactly once.
        replacement: what takes its place.
        tests: of which at least one must fail, as pytest takes them.
    """

    name: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...]


MOVES = "tests/training/test_moves.py"
GAN = "tests/models/test_gan.py"
FAULTS = (
    Fault(
        "loss_divided_by_replicas_twice",
        "keras_gen/training/moves.py",
        "return tf.reduce_sum(per_example) / tf.cast(total, per_example.dtype)",
        "return tf.reduce_sum(per_example) / tf.cast(\n"
        "        total * tf.distribute.get_strategy().num_replicas_in_sync, per_example.dtype\n    )",
        (f"{MOVES}::test_replicas_with_unequal_shares_move_as_one",),
    ),
    Fault(
        "micro_batches_without_division",
        "keras_gen/layers/replica.py",
        "of_replica = rows_at_once(local * _current.count)",
        "of_replica = rows_at_once(local)",
        (f"{MOVES}::test_micro_batches_move_as_the_whole_batch",),
    ),
    Fault(
        "noise_the_same_on_all_replicas",
        "keras_gen/layers/training_noise.py",
        "noise[place.start : place.start + place.local]",
        "noise[: place.local]",
        ("tests/layers/test_training_noise.py",),
    ),
    Fault(
        "average_one_step_off",
        "keras_gen/training/ema.py",
        "t = tf.cast(step, tf.float32)",
        "t = tf.cast(step, tf.float32) + 1.0",
        ("tests/training/test_ema.py",),
    ),
    Fault(
        "average_without_statistics",
        "keras_gen/training/ema.py",
        "args=(weight.value, keep, weight.trainable)",
        "args=(weight.value, keep, True)",
        ("tests/training/test_ema.py",),
    ),
    Fault(
        "optimizers_not_saved",
        "keras_gen/training/adversarial.py",
        "            optimizer.build(network.trainable_variables)\n",
        "",
        (f"{GAN}::TestDenseGAN::test_saved_and_loaded_takes_the_same_next_step",),
    ),
    Fault(
        "discriminator_moves_the_generator",
        "keras_gen/training/generative.py",
        'player, optimizer = self.players["discriminator"], self.discriminator_optimizer',
        'player, optimizer = self.players["generator"], self.generator_optimizer',
        (f"{GAN}::TestDenseGAN::test_each_players_step_changes_its_own_weights_alone",),
    ),
    Fault(
        "the_leading_discriminator_goes_on",
        "keras_gen/training/resting.py",
        "tf.where(rests, old, tf.convert_to_tensor(variable))",
        "tf.where(rests, tf.convert_to_tensor(variable), old)",
        (f"{GAN}::test_a_discriminator_that_is_ahead_rests",),
    ),
    Fault(
        "moves_take_other_pictures_on_each_replica",
        "keras_gen/training/turns.py",
        "tf.minimum(count, place.total) - place.start, count)",
        "tf.minimum(count, place.total), count)",
        ("tests/training/test_turns.py",),
    ),
    Fault(
        "penalty_in_bfloat16",
        "keras_gen/losses/penalties.py",
        "tf.cast(part, tf.float32) for part in",
        "tf.cast(tf.cast(part, tf.bfloat16), tf.float32) for part in",
        ("tests/losses/test_penalties.py",),
    ),
    Fault(
        "label_smoothing_on_the_wrong_side",
        "keras_gen/losses/adversarial.py",
        "tf.nn.softplus(-real_logits) + label_smoothing * real_logits",
        "tf.nn.softplus(-real_logits) - label_smoothing * real_logits",
        ("tests/losses/test_adversarial.py",),
    ),
    Fault(
        "divergence_without_its_half",
        "keras_gen/losses/divergences.py",
        "0.5 * (tf.square(mean) + tf.math.expm1(log_variance) - log_variance)",
        "(tf.square(mean) + tf.math.expm1(log_variance) - log_variance)",
        ("tests/losses/test_divergences.py",),
    ),
    Fault(
        "identity_loss_of_the_way_back",
        "keras_gen/models/cyclegan.py",
        "identity = _error(real, kept)",
        "identity = _error(real, back)",
        ("tests/models/test_cyclegan.py::test_a_step_is_that_of_the_paper",),
    ),
    Fault(
        "pool_gives_a_picture_twice",
        "keras_gen/training/image_pool.py",
        "tf.gather(kept, slots)",
        "tf.gather(kept, tf.zeros_like(slots) + slots[0])",
        ("tests/training/test_image_pool.py",),
    ),
    Fault(
        "resumes_one_batch_off",
        "keras_gen/data/source.py",
        ".skip(within)",
        ".skip(within + 1)",
        ("tests/data/test_source.py::TestBatches",),
    ),
    Fault(
        "the_same_order_in_every_epoch",
        "keras_gen/data/source.py",
        "seed=tf.stack([tf.constant(seed, tf.int64), number])",
        "seed=tf.stack([tf.constant(seed, tf.int64), tf.zeros_like(number)])",
        ("tests/data/test_source.py::TestBatches",),
    ),
    Fault(
        "prepared_classes_in_another_order",
        "keras_gen/data/preparing.py",
        "of_domain.write(classes)",
        "of_domain.write(classes[::-1])",
        ("tests/data/test_prepared.py::test_it_holds_what_the_source_gives",),
    ),
    Fault(
        "classes_of_each_split_by_itself",
        "keras_gen/data/opening.py",
        "return Source(name, split, examples, levels, shape.interpolation)",
        "return Source(name, split, found, levels, shape.interpolation)",
        ("tests/data/test_classes.py::test_a_class_that_is_missing_in_test_moves_no_other",),
    ),
    Fault(
        "a_run_continues_on_other_data",
        "keras_gen/cli/training.py",
        "check_data(run.path, known.parts, prints, accept)",
        "check_data(run.path, known.parts, prints, True)",
        ("tests/cli/test_changed_data.py::test_other_data_is_refused_in_one_line",),
    ),
    Fault(
        "grey_levels_cut_off",
        "serving/common/images.py",
        "np.rint(np.clip((images + 1.0) * 127.5, 0.0, 255.0)).astype(np.uint8)",
        "np.clip((images + 1.0) * 127.5, 0.0, 255.0).astype(np.uint8)",
        ("tests/serving/common/test_images.py::test_the_range_becomes_grey_levels",),
    ),
    Fault(
        "colours_multiplied_by_opacity",
        "serving/common/images.py",
        "together = picture.ndim == 2 or picture.shape[2] in (1, 3)",
        "together = picture.ndim == 2 or picture.shape[2] in MODES",
        ("tests/serving/common/test_images.py::test_each_channel_is_resized_by_itself",),
    ),
    Fault(
        "exported_grey_levels_cut_off",
        "export/border.py",
        "tf.cast(tf.round(grey_levels), tf.uint8)",
        "tf.cast(grey_levels, tf.uint8)",
        ("tests/export/test_bundle.py::test_pictures_cross_the_border_as_grey_levels",),
    ),
    Fault(
        "exported_in_training_mode",
        "export/border.py",
        "self.network(inputs, training=False)",
        "self.network(inputs, training=True)",
        ("tests/models/test_dann.py::TestNormalizedDANN::test_exported_networks_match",),
    ),
    Fault(
        "parity_gate_always_open",
        "export/parity.py",
        "if not self.exceeded:",
        "if self.differences:",
        ("tests/export/test_bundle.py::test_a_damaged_graph_is_caught",),
    ),
    Fault(
        "parity_of_statistics_without_limit",
        "export/parity.py",
        "limit = max(limit, ROUNDINGS * rounding().get(name, 0.0))",
        "limit = np.inf",
        ("tests/export/test_parity.py::test_damage_of_the_statistics_is_caught",),
    ),
    Fault(
        "inner_sides_taken_for_even",
        "export/graph/narrow_convolution.py",
        "return self.even and _becomes_an_output(made)",
        "return self.even",
        ("tests/export/graph/test_rules.py::test_a_narrow_convolution_inside_may_have_odd_sides",),
    ),
    Fault(
        "counter_one_off",
        "export/sampler_graph.py",
        'graph.node("Add", graph.node("Mul", "start", width), one)',
        'graph.node("Mul", "start", width)',
        ("tests/serving/test_sampler.py::test_samples_are_uint8_pictures",),
    ),
    Fault(
        "hash_not_compared",
        "serving/bundle/verified.py",
        "if digest != stored.sha256:",
        "if not digest:",
        ("tests/serving/test_sampler.py::TestDamage",),
    ),
    Fault(
        "links_followed_anywhere",
        "serving/bundle/links.py",
        "if not any(real.is_relative_to(folder) for folder in _allowed(bundle.resolve())):",
        "if not real.exists():",
        ("tests/serving/languages/test_bundles.py::test_every_language_follows_the_same_links[python]",),
    ),
    Fault(
        "colours_of_a_video_written_without_their_matrix",
        "serving/translation/video_colours.py",
        "dst_colorspace=MATRICES[self.matrix],",
        "dst_colorspace=MATRICES[BT601],",
        ("tests/serving/translation/test_video_tracks.py::TestColours",),
    ),
    Fault(
        "end_of_a_video_not_compared",
        "serving/translation/video_frames.py",
        "if self._end < stated - SLACK:",
        "if self._end < 0:",
        ("tests/serving/translation/test_video_tracks.py",),
    ),
    Fault(
        "sampler_begins_with_another_class",
        "serving/common/classes.py",
        "np.arange(start, start + n, dtype=np.int64) % classes",
        "np.arange(start + 1, start + n + 1, dtype=np.int64) % classes",
        ("tests/models/test_aae.py::test_samples_of_a_class_come_from_its_part_of_the_prior",),
    ),
    Fault(
        "seed_ignored_in_later_parts",
        "serving/sampler.py",
        "feed = {**known, N:",
        "feed = {**known, **({SEED: np.array(0, np.int64)} if start else {}), N:",
        ("tests/serving/test_sampler.py::test_parts_that_are_drawn_one_after_the_other_are_of_one_seed",),
    ),
    Fault(
        "tile_one_pixel_off",
        "serving/translation/tiles.py",
        "left : left + columns.tile]\n            made",
        "max(left - 1, 0) : max(left - 1, 0) + columns.tile]\n            made",
        ("tests/serving/translation/test_tiles.py",),
    ),
    Fault(
        "classes_begin_anew_in_each_batch_in_cpp",
        "serving/cpp/src/sampler.cpp",
        "(start % classes + static_cast<std::int64_t>(index)) % classes",
        "static_cast<std::int64_t>(index) % classes",
        ("tests/serving/languages/test_cpp_pictures.py::test_classes_come_one_after_the_other",),
    ),
    Fault(
        "classes_begin_anew_in_each_batch_in_javascript",
        "serving/js/src/numbers.ts",
        "BigInt((start + index) % classes)",
        "BigInt(index % classes)",
        ("tests/serving/languages/test_javascript_pictures.py::TestSampling::test_classes_and_truncation",),
    ),
)
