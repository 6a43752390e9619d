"""What the player sends to the browser, and what it refuses."""

import json
from base64 import b64decode

import numpy as np
import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

from components.player import COLUMNS, Voice, check, encode_curve, encode_peaks, url
from mer_core.errors import ParameterError
from mer_core.schema import Prediction


def prediction(targets=("valence", "arousal")) -> Prediction:
    curve = np.linspace(-1, 1, 5 * len(targets)).reshape(len(targets), 5)
    return Prediction("test", targets, curve.mean(axis=1), np.arange(5), curve, np.eye(len(targets)))


def unpack(text: str) -> np.ndarray:
    return np.frombuffer(b64decode(text), np.int8).reshape(-1, 2)


def test_peaks_are_bytes():
    peaks = np.array([[-1, 1], [-0.5, 0.25], [-3, 3]])
    assert unpack(encode_peaks(peaks)).tolist() == [[-127, 127], [-64, 32], [-127, 127]]


def test_many_peaks_keep_their_extremes():
    peaks = np.zeros((50_001, 2))
    peaks[12_345], peaks[-1] = (-0.9, 0.8), (-0.2, 0.3)
    small = unpack(encode_peaks(peaks))
    assert small.shape == (COLUMNS, 2)
    assert small[:, 0].min() == -114 and small[:, 1].max() == 102 and small[-1].tolist() == [-25, 38]


def test_peaks_of_another_shape_are_refused():
    with pytest.raises(ParameterError, match=r"\(N, 2\), not \(7,\)"):
        encode_peaks(np.zeros(7))


def test_curve_is_sent_by_target():
    sent = encode_curve(prediction(("arousal", "valence")))
    assert sent["times"] == [0, 1, 2, 3, 4]
    assert sent["arousal"][0] == -1 and sent["valence"][-1] == 1


def test_a_curve_without_arousal_is_refused():
    with pytest.raises(ParameterError, match="this prediction has valence"):
        encode_curve(prediction(("valence",)))


@pytest.mark.parametrize("names, duration, mode, words", [
    ([], 3, "mix", "one or more voices"),
    (["a", "a"], 3, "mix", "different names"),
    (["a"], 0, "mix", "longer than 0 s"),
    (["a"], float("nan"), "mix", "longer than 0 s"),
    (["a"], 3, "karaoke", "'karaoke' is none of them"),
])
def test_what_cannot_be_played_is_refused(tmp_path, names, duration, mode, words):
    with pytest.raises(ParameterError, match=words):
        check([Voice(name, name, tmp_path, "red") for name in names], duration, mode)


def test_a_missing_file_is_named_by_its_label(tmp_path):
    with pytest.raises(ParameterError, match=r"'Drums' is gone \(drums.flac\)"):
        url(Voice("drums", "Drums", tmp_path / "drums.flac", "red"), "key")


def app(path: str):
    import numpy as np

    from components.player import Voice, player

    player([Voice("mix", "original", path, "black")], duration=2, peaks=np.zeros((9000, 2)), key="one")


def test_the_message_names_the_file_and_stays_small(tmp_path):
    rng = np.random.default_rng(0)
    sf.write(tmp_path / "mix.flac", rng.uniform(-1, 1, 88_200), 44_100)
    run = AppTest.from_function(app, args=(str(tmp_path / "mix.flac"),)).run()
    assert not run.exception
    message = next(iter(run.main.children.values())).proto
    sent = json.loads(message.json)
    assert sent["voices"][0]["url"].endswith(".flac") and "/media/" in sent["voices"][0]["url"]
    assert len(message.json) < 8000 < (tmp_path / "mix.flac").stat().st_size
