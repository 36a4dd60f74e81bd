from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from keras_gen.training.callbacks import Alarm, Alarms, BestModel, EpochFigures, MetricsFile
from serving import InputError

X = np.ones((8, 1), np.float32)


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    return network


def told(name, values):
    """Gives one value an epoch, and none for None."""
    left = iter(values)
    return EpochFigures(lambda _: {name: value} if (value := next(left)) is not None else {})


def lines_of(capsys, *values, name="discriminator_accuracy", **options):
    callback = Alarms(**options)
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {} if value is None else {name: value})
    callback.on_train_end()
    return capsys.readouterr().out.splitlines()


class TestAlarms:
    def test_an_alarm_is_a_line_with_number_threshold_and_cause(self, capsys):
        (line,) = lines_of(capsys, 0.5, 0.995)
        assert line.startswith("alarm after epoch 2: discriminator_accuracy is 0.995 (>= 0.99): the discriminator")
        assert "penalty" in line

    def test_an_alarm_is_raised_again_only_after_it_has_cleared(self, capsys):
        lines = lines_of(capsys, 1.0, 1.0, None, 1.0, 0.6, 0.99, 1.0)
        assert [line.partition(":")[0] for line in lines] == ["alarm after epoch 1", "alarm after epoch 6"]

    @pytest.mark.parametrize(
        ("name", "good", "bad"),
        [
            ("discriminator_accuracy", 0.98, 0.99),
            ("sample_broken", 0.0, 1 / 256),
            ("sample_diversity", 0.5, 0.49),
            ("sample_duplicates", 0.04, 0.05),
            ("sample_modes", 1.0, 0.9),
            ("sample_agreement", 0.9, 0.7),
        ],
    )
    def test_every_figure_has_its_threshold(self, capsys, name, good, bad):
        assert lines_of(capsys, good, name=name) == []
        assert len(lines_of(capsys, bad, name=name)) == 1
        assert len(lines_of(capsys, float("nan"), name=name)) == 1

    def test_figures_without_an_alarm_are_passed_over(self, capsys):
        assert lines_of(capsys, 1.0, name="loss") == []
        assert len(lines_of(capsys, 3.0, name="loss", alarms=[Alarm("loss", ">", 2.0, "too high")])) == 1

    def test_the_line_comes_after_that_of_the_epoch(self, capsys, model):
        alarms = [Alarm("mine", ">", 0.0, "why")]
        model.fit(X, X, epochs=2, verbose=2, callbacks=[told("mine", [1, 0]), Alarms(alarms)])
        lines = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
        begins = [line for line in lines if line.startswith(("Epoch", "alarm"))]
        assert begins == ["Epoch 1/2", "alarm after epoch 1", "Epoch 2/2"]


class TestEpochFigures:
    def test_figures_reach_the_history_and_the_callbacks_after(self, model, tmp_path):
        figures = EpochFigures(lambda given: {"weights": given.count_params()}, every=2)
        path = tmp_path / "metrics.csv"
        history = model.fit(X, X, epochs=3, verbose=0, callbacks=[figures, MetricsFile(path)]).history
        assert history["weights"] == [2, 2]
        assert [line.split(",")[2] for line in path.read_text().splitlines()] == ["weights", "", "2.0", "2.0"]


class TestBestModel:
    @pytest.mark.parametrize(("mode", "epoch", "value"), [("min", 2, 1.0), ("max", 3, 7.0)])
    def test_the_best_epoch_is_kept_whole(self, model, tmp_path, mode, epoch, value):
        weights = []
        spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: weights.append(model.get_weights()))
        best = BestModel(tmp_path / "best.keras", "mine", mode)
        model.fit(X, 3 * X, epochs=4, verbose=0, callbacks=[told("mine", [2, 1, 7, float("nan")]), spy, best])
        record = json.loads((tmp_path / "best.json").read_text())
        assert record == {"figure": "mine", "mode": mode, "epoch": epoch, "value": value}
        loaded = keras.saving.load_model(tmp_path / "best.keras")
        for received, expected in zip(loaded.get_weights(), weights[epoch - 1], strict=True):
            np.testing.assert_array_equal(received, expected)
        assert int(loaded.optimizer.iterations) == epoch
        assert {path.name for path in tmp_path.iterdir()} == {"best.keras", "best.json"}

    def test_a_continued_run_goes_on_from_what_is_kept(self, model, tmp_path):
        def fit(first, *values, figure="mine"):
            best = BestModel(tmp_path / "best.keras", figure)
            epochs = {"initial_epoch": first, "epochs": first + len(values), "verbose": 0}
            model.fit(X, X, **epochs, callbacks=[told(figure, values), best])
            return json.loads((tmp_path / "best.json").read_text())

        assert fit(0, 5, 4)["epoch"] == 2
        kept = (tmp_path / "best.keras").read_bytes()
        assert fit(2, 6, 4.5)["epoch"] == 2
        assert (tmp_path / "best.keras").read_bytes() == kept
        assert fit(4, 6, 3.5)["epoch"] == 6
        assert fit(6, 100, figure="other")["figure"] == "other"

    @pytest.mark.parametrize(
        ("mode", "values", "ends"),
        [
            ("min", [3, 2, 5, 4, 6, 1], 4),
            ("max", [3, 2, 5, 4, 4, 9], 5),
            ("min", [float("nan"), float("nan"), 1], 2),
            ("min", [5, 4, 3, 2, 1, 0], 6),
        ],
    )
    def test_training_ends_when_nothing_gets_better(self, model, tmp_path, mode, values, ends):
        best = BestModel(tmp_path / "best.keras", "mine", mode, patience=2)
        history = model.fit(X, X, epochs=6, verbose=0, callbacks=[told("mine", values), best])
        assert len(history.history["loss"]) == ends

    def test_the_waiting_goes_on_in_a_continued_run(self, model, tmp_path):
        def fit(first, *values, figure="mine"):
            best = BestModel(tmp_path / "best.keras", figure, patience=2)
            epochs = {"initial_epoch": first, "epochs": first + len(values), "verbose": 0}
            history = model.fit(X, X, **epochs, callbacks=[told(figure, values), best])
            return len(history.history["loss"]), best.exhausted(first + len(values))

        assert fit(0, 1, 2) == (2, False)
        assert fit(2, 3) == (1, True)
        assert fit(3, 5, 4, 6, 7, 8, figure="other") == (4, True)

    def test_an_unknown_figure_is_named_at_once_or_after_an_epoch(self, model, tmp_path):
        with pytest.raises(InputError, match=r"one of loss, val_loss. Received: 'los'. Did you mean 'loss'"):
            BestModel(tmp_path / "best.keras", "los", names=["loss", "val_loss"])
        with pytest.raises(InputError, match=r"one of loss. Received: 'val_loss'"):
            model.fit(X, X, epochs=2, verbose=0, callbacks=[BestModel(tmp_path / "best.keras", "val_loss")])
        assert list(tmp_path.iterdir()) == []

    def test_an_epoch_may_lack_a_figure_that_is_known(self, model, tmp_path):
        best = BestModel(tmp_path / "best.keras", "mine", names=["mine"])
        model.fit(X, X, epochs=3, verbose=0, callbacks=[told("mine", [None, 3, None]), best])
        assert json.loads((tmp_path / "best.json").read_text())["epoch"] == 2

    @pytest.mark.parametrize("content", ["{", "[]", '{"figure": "mine", "mode": "min", "value": "low"}'])
    def test_a_record_that_is_not_ours_is_named(self, tmp_path, content):
        (tmp_path / "best.json").write_text(content)
        with pytest.raises(InputError, match=r"best.json must hold figure"):
            BestModel(tmp_path / "best.keras", "mine")
        with pytest.raises(InputError, match="best_mode"):
            BestModel(tmp_path / "best.keras", "mine", "least")
