import json

import numpy as np
import pytest
import torch

from mer_core.training.nested import Fitted, Runs, outer_folds, split_hash, whole

GROUPS = [f"artist {i // 3}" for i in range(60)]


def fitted(epochs: int = 3) -> Fitted:
    curve = [{"epoch": e + 1, "loss": 1.0, "validation": abs(e + 1 - epochs)} for e in range(5)]
    return Fitted(curve, {"w": torch.arange(3.0)}, np.full((60, 2), float(epochs)), {"note": 1})


def test_no_artist_is_on_two_sides_at_either_level():
    groups, tested = np.array(GROUPS), []
    for outer in outer_folds(GROUPS, 5, 4, seed=0):
        tested += list(outer.test)
        test, held = set(groups[outer.test]), []
        for part in outer.inner:
            learn, watched = set(groups[part.learn]), set(groups[part.held])
            assert not learn & watched and not learn & test and not watched & test
            held += list(part.held)
        assert sorted(held) == sorted(outer.final.learn) and not len(outer.final.held)
        assert not set(groups[outer.final.learn]) & test
    assert sorted(tested) == list(range(60))


def test_the_split_is_seeded_and_its_hash_tells_splits_apart():
    ids = [str(i) for i in range(60)]
    hashes = [split_hash(i, outer_folds(GROUPS, 5, n, s)) for i, n, s in
              ((ids, 5, 0), (ids, 5, 0), (ids, 5, 1), (ids, 4, 0), (ids[::-1], 5, 0))]
    assert hashes[0] == hashes[1] and len(set(hashes)) == 4


def test_all_clips_as_one_part():
    outer = whole(GROUPS, 5, 0)
    assert not len(outer.test) and len(outer.final.learn) == 60 and len(outer.inner) == 5


def test_a_finished_run_is_not_done_again_but_a_changed_one_is(tmp_path):
    runs, calls = Runs(tmp_path, {"seed": 0}), []

    def work() -> Fitted:
        calls.append(1)
        return fitted()
    first, second = (runs.once("a/b", {"rate": (1, 2)}, work) for _ in range(2))
    assert len(calls) == 1 and torch.equal(first.weights["w"], second.weights["w"])
    assert {p.name for p in (tmp_path / "a/b").iterdir()} == {
        "config.json", "curve.json", "metrics.json", "predicted.npy", "weights.safetensors"}
    assert json.loads((tmp_path / "a/b/config.json").read_text()) == {"seed": 0, "rate": [1, 2]}
    runs.once("a/b", {"rate": [1, 3]}, work)
    Runs(tmp_path, {"seed": 1}).once("a/b", {"rate": [1, 3]}, work)
    assert len(calls) == 3
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]


def test_an_interrupted_run_leaves_nothing_that_counts(tmp_path):
    def work() -> Fitted:
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        Runs(tmp_path, {}).once("a", {}, work)
    with pytest.raises(FileNotFoundError):
        Runs(tmp_path, {}).stored("a")


def test_the_final_run_learns_as_long_as_the_inner_folds_found_best_and_sees_no_test_clip(tmp_path):
    outer, seen = outer_folds(GROUPS, 5, 4, seed=0)[2], []

    def work(part, epochs):
        seen.append((part.name, epochs))
        assert not set(outer.test) & {*part.learn, *part.held}
        return fitted(2 if part.name.endswith("0") else 4)
    found = Runs(tmp_path, {}).chosen("m", {}, outer, 2, work)
    assert seen == [("outer2/inner0", None), ("outer2/inner1", None), ("outer2/final", 3)]
    assert found.predicted.shape == (60, 2)
