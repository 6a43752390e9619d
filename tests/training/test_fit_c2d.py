"""The training of C2D on a tiny made-up set in which loud means aroused."""

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.models.c2d_mix import INPUT, C2DMix
from mer_core.training import fit_c2d
from mer_core.training.fit_c2d import Songs

ALTER = {"gain": 1.0, "short": 0.2, "shortest": 128, "masks": 1, "bands": 6, "gap": 20}
RECIPE = {
    "seed": 0, "rated": "musifeast17", "weak": "4q", "folds": 3, "windows": 2,
    "pretrain": {"epochs": 3, "batch": 4, "rate": 3e-3, "decay": 0.0, "dropout": 0.0, "head_dropout": 0.0, "frames": 160,
                 "softness": 0.05, "alter": ALTER},
    "finetune": {"frozen": 2, "views": 2, "epochs": 12, "batch": 4, "rate": 3e-3, "decay": 0.0, "dropout": 0.0,
                 "head_dropout": 0.0, "frames": 320, "alter": ALTER}}


def made_up(count: int, seed: int) -> Songs:
    """Noise pictures of 8 s; valence is which half of the bands sounds, arousal how loud it is."""
    rng = np.random.default_rng(seed)
    clips, pictures = [], []
    for i in range(count):
        v, a = rng.uniform(-0.8, 0.8, 2)
        x = rng.random((96, 375)) * 0.2 + 1 + 0.7 * a
        x[:48 if v > 0 else 0] *= 0.6
        x[48 if v <= 0 else 96:] *= 0.6
        quadrant = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}[v > 0, a > 0]
        clips.append(Clip(id=f"c{i}", path=None, group=f"artist {i // 2}", values=(v, a), quadrant=quadrant))
        pictures.append(x.astype(np.float16))
    return Songs(clips, pictures)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    rated, weak = made_up(18, 1), made_up(16, 2)
    out, said = tmp_path_factory.mktemp("c2d"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_c2d, "read", lambda *_: (rated, weak))
        card = fit_c2d.train(None, RECIPE, out, lambda f, t="": said.append(f))
    return rated, weak, out, card, said


def test_what_is_written_loads_and_learnt_what_was_planted(trained):
    rated, _, out, card, said = trained
    model = C2DMix(out)
    assert model.card == card and model.card.trained_on[0]["clips"] == 18
    with model.session():
        x = np.stack([fit_c2d.windows(p, 1)[0] for p in rated.pictures])[:, None]
        found = model.outputs(x)
    assert np.corrcoef(found[:, 1], rated.ratings[:, 1])[0, 1] > 0.5
    assert np.asarray(card.test_error["covariance"]).shape == (2, 2)
    assert said[-1] == pytest.approx(1.0) and (np.diff(said) >= -1e-9).all()


def test_the_frozen_blocks_stay_as_pretrained(trained):
    rated, weak, *_ = trained
    start = fit_c2d.pretrain(weak, RECIPE)
    before = {k: v.clone() for k, v in start.state_dict().items()}
    network = fit_c2d.finetune(fit_c2d.Fronts(rated, start, RECIPE), np.arange(18), start, RECIPE)
    for name, value in network.state_dict().items():
        block = int(name.split(".")[1]) if name.startswith("features") else 9
        if "num_batches" not in name:
            assert torch.equal(value, before[name]) == (block < 2), name
    assert all(torch.equal(v, before[k]) for k, v in start.state_dict().items())


def test_same_seed_same_weights(trained):
    weak = trained[1]
    one, two = (fit_c2d.pretrain(weak, RECIPE) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_every_clip_is_judged_by_a_network_that_did_not_know_its_artist(trained, monkeypatch):
    rated, weak, *_ = trained
    start = fit_c2d.pretrain(weak, RECIPE)
    fronts, known, judged = fit_c2d.Fronts(rated, start, RECIPE), [], []
    finetune, judge = fit_c2d.finetune, fit_c2d.judged
    monkeypatch.setattr(fit_c2d, "finetune", lambda f, among, *a: known.append(among) or finetune(f, among, *a))
    monkeypatch.setattr(fit_c2d, "judged", lambda back, seen: judged.append(len(seen)) or judge(back, seen))
    predicted = fit_c2d.cross_validate(rated.groups, fronts, start, RECIPE)
    assert sum(judged) == 18 and (predicted != 0).all()
    groups = np.array(rated.groups)
    for among in known:
        assert not set(groups[among]) & set(np.delete(groups, among))


def test_clips_of_rated_artists_are_not_pretrained_on(monkeypatch):
    class Rated:
        def __init__(self, data):
            pass

        def clips(self):
            return [Clip("r", None, "the beatles", (0, 0))]

    class Weak(Rated):
        def clips(self):
            return [Clip(name, None, name, (0, 0), 1) for name in ("beatles", "the bangles", "the  be-atles")]
    monkeypatch.setattr(fit_c2d.registry, "get", lambda kind, name: {"musifeast17": Rated, "4q": Weak}[name])
    monkeypatch.setattr(fit_c2d, "pictured", lambda clips, progress: Songs(clips, []))
    _, weak = fit_c2d.read(None, RECIPE)
    assert [clip.id for clip in weak.clips] == ["the bangles"]


def test_altered_crops_are_new_and_of_one_shape():
    picture, rng = made_up(1, 3).pictures[0], np.random.default_rng(0)
    kept = picture.copy()
    crops = [fit_c2d.altered(picture, 500, {**ALTER, "short": 1.0}, rng) for _ in range(5)]
    assert all(c.shape == (96, 500) and c.dtype == np.float32 and c.min() >= 0 for c in crops)
    assert not any(c[:, 400:].any() for c in crops), "past the end of the clip there is silence"
    assert not np.array_equal(crops[0], crops[1])
    np.testing.assert_array_equal(picture, kept)


def test_windows_reach_from_start_to_end():
    picture = np.tile(np.arange(1400, dtype=np.float16), (96, 1))
    found = fit_c2d.windows(picture, 3)
    assert [w.shape for w in found] == [(96, INPUT.frames)] * 3
    assert found[0][0, 0] == 0 and found[2][0, -1] == picture[0, -1]
    assert fit_c2d.windows(picture[:, :100], 2)[1].shape == (96, INPUT.frames)
