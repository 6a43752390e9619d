"""Every result type survives the store."""

from dataclasses import fields

import numpy as np
import pytest

from mer_core.ellipse import EllipsePath
from mer_core.records import RECORDS, pack, plain, unpack
from mer_core.schema import Explanation, Grid, Picture, Prediction, TrackInfo
from mer_core.steps import Steps
from mer_core.store import Key, Store

RNG = np.random.default_rng(0)
GRID = Grid(times=np.arange(4) / 10, freqs=[100, 200, 400])
SAMPLES = {
    "Prediction": Prediction("c2d", ("valence", "arousal"), [0.1, -0.2], np.arange(4.0), RNG.normal(size=(2, 4)), np.eye(2)),
    "Explanation": Explanation(
        "c2d", "lrp", "arousal", "timefreq", RNG.normal(size=(3, 4)), 0.1, 0.4, grid=GRID,
        params={"rule": "epsilon", "gamma": 0.25, "layers": ("conv1", "conv2")}, notes=("It sums.", "Ä sentence.")),
    "features": Explanation("xgb", "treeshap", "valence", "features", [0.1, 0.2], 0.0, 0.3, labels=("mfcc 1", "tempo"),
                            inputs=[3.0, 120.0]),
    "beats": Explanation("dbn", "beat_lrp", "valence", "time", [0.1, -0.2, 0.0], 0.1, 0.4,
                         grid=Steps.between([0.4, 1.0, 1.7, 2.1])),
    "Steps": Steps.between([0.5, 1.0, 2.0]),
    "Picture": Picture(RNG.normal(size=(3, 4)), GRID, "dB"),
    "EllipsePath": EllipsePath(np.arange(3) + 0.5, RNG.normal(size=(3, 2)), np.tile(np.eye(2), (3, 1, 1)), np.arange(6) / 2,
                               "rhythm+fourier", 2, "even 0.5 s", ("Too few beats were found.",)),
    "TrackInfo": TrackInfo("a" * 64, "Söng", 12.5, 2, tags={"artist": "X"}, source={"codec": "flac"}),
}


def through(record, root):
    store, key = Store(root), Key("a", "step")
    with store.create(key) as draft:
        draft.commit(pack(record, draft))
    entry = Store(root).find(key)
    return unpack(entry.meta, entry)


def same(a, b) -> bool:
    if isinstance(a, Grid):
        return type(a) is type(b) and all(same(getattr(a, item.name), getattr(b, item.name)) for item in fields(a))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return plain(a) == plain(b)


def test_every_record_type_has_a_sample():
    assert set(RECORDS) <= set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_round_trip(tmp_path, name):
    record = SAMPLES[name]
    back = through(record, tmp_path)
    assert type(back) is type(record)
    for item in fields(record):
        assert same(getattr(record, item.name), getattr(back, item.name)), item.name


def test_tuples_come_back_as_tuples(tmp_path):
    back = through(SAMPLES["Explanation"], tmp_path)
    assert back.notes == ("It sums.", "Ä sentence.") and back.labels == ()


def test_the_residual_is_the_same(tmp_path):
    record = SAMPLES["Explanation"]
    assert through(record, tmp_path).residual == pytest.approx(record.residual, abs=1e-12)


def test_two_records_in_one_entry_keep_apart(tmp_path):
    store, key = Store(tmp_path), Key("a", "step")
    picture = SAMPLES["Picture"]
    other = Picture(picture.values * 2, GRID, "dB")
    with store.create(key) as draft:
        entry = draft.commit({"a": pack(picture, draft, "a."), "b": pack(other, draft, "b.")})
    np.testing.assert_array_equal(unpack(entry.meta["b"], entry, "b.").values,
                                  2 * unpack(entry.meta["a"], entry, "a.").values)


@pytest.mark.parametrize(("value", "expected"), [
    (np.float32(0.5), 0.5), (np.arange(3), [0, 1, 2]), ((1, np.int64(2)), [1, 2]), ({1: np.bool_(True)}, {"1": True}),
    ("text", "text"), (None, None)])
def test_plain_is_what_json_knows(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
