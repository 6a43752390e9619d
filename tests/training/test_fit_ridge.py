"""Ridge on several ears: what it learns from, what it never sees, and that the shipped numbers say the same."""

import numpy as np
import pytest

from mer_core.training import fit_ridge
from mer_core.training.fit_ridge import Heard

RECIPE = {"parts": ["loud", "noise"], "outer": 3, "inner": 3, "splits": [0, 1],
          "grid": {"parts": [["noise"], ["loud", "noise"]], "alpha": [0.01, 0.3], "weak_weight": [0.0, 0.1],
                   "weak_shift": [1.0]}}


def heard(rated=60, weak=30, seed=0) -> Heard:
    """Arousal is written into the part "loud", valence into nothing; the first ten artists are in both sets."""
    rng = np.random.default_rng(seed)
    labels = rng.uniform(-0.5, 0.5, (rated + weak, 2))
    loud = labels[:, 1:] @ rng.normal(size=(1, 4)) + 0.05 * rng.normal(size=(rated + weak, 4))
    labels[rated:] = np.sign(labels[rated:])
    groups = [f"Artist {i // 2}" for i in range(rated)] + [f"the artist {i}" for i in range(weak)]
    return Heard({"loud": 100 + 30 * loud, "noise": rng.normal(size=(rated + weak, 9))}, np.array(groups), labels, rated)


def test_it_finds_the_ear_that_knows_and_admits_what_none_knows():
    found = fit_ridge.measure(heard(), RECIPE)
    assert found["arousal"]["r2"] > 0.9 and found["valence"]["r2"] < 0.2
    assert fit_ridge.choose(heard(), np.arange(60), 1, RECIPE)["parts"] == ["loud", "noise"]
    assert np.sqrt(found["covariance"][1][1]) == pytest.approx(found["arousal"]["rmse"], abs=2e-3)
    assert set(found["splits"]) == {"0", "1"}


def test_no_clip_of_a_test_artist_is_learnt_from_however_it_is_spelt(monkeypatch):
    clips, plain = heard(), fit_ridge.predict

    def spy(given, kernel, fit, test, setting, k):
        rows, _, weight = fit_ridge.known(given, fit, setting, k)
        assert not set(given.artists[rows]) & set(given.artists[test])
        assert not set(rows[weight < 1]) & set(range(given.rated))
        return plain(given, kernel, fit, test, setting, k)
    monkeypatch.setattr(fit_ridge, "predict", spy)
    fit_ridge.nested(clips, RECIPE, 0, lambda *a: None)


def test_a_weak_clip_stands_beside_the_mean_by_its_side():
    clips, fit = heard(), np.arange(60)
    rows, y, weight = fit_ridge.known(clips, fit, {"weak_weight": 0.1, "weak_shift": 0.5}, 0)
    assert len(rows) == 90 and set(weight) == {1.0, 0.1}
    mean, spread = clips.labels[:60, 0].mean(), clips.labels[:60, 0].std()
    np.testing.assert_allclose(y[60:], mean + 0.5 * spread * clips.labels[60:, 0])
    assert len(fit_ridge.known(clips, fit, {"weak_weight": 0.0}, 0)[0]) == 60


def test_the_shipped_numbers_answer_as_the_kernel_does():
    clips, fit = heard(), np.arange(60)
    best = [{"parts": ["noise"], "alpha": 0.3, "weak_weight": 0.0, "weak_shift": 1.0},
            {"parts": ["loud", "noise"], "alpha": 0.1, "weak_weight": 0.1, "weak_shift": 1.0}]
    t = fit_ridge.tensors(clips, best, RECIPE)
    given = np.concatenate([clips.parts[n] for n in RECIPE["parts"]], axis=1)
    answers = (given - t["mean"]) @ t["coefficients"] + t["bias"]
    for k, setting in enumerate(best):
        x = clips.scaled(setting["parts"], fit)
        wanted = fit_ridge.predict(clips, x @ x.T, fit, np.arange(90), setting, k)
        np.testing.assert_allclose(answers[:, k], wanted, atol=1e-4)
    assert not t["coefficients"][:4, 0].any()  # valence does not listen to "loud"


def test_each_part_weighs_the_same_however_wide():
    clips = heard()
    x = clips.scaled(["loud", "noise"], np.arange(90))
    np.testing.assert_allclose([np.square(x[:, :4]).sum(), np.square(x[:, 4:]).sum()], 45, rtol=1e-6)
