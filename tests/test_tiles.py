"""8-bit pictures: every byte maps back to its second, its hertz and its value."""

import numpy as np
import pytest
from PIL import Image

from mer_core import tiles
from mer_core.errors import ParameterError
from mer_core.features import chroma, mel, spectral
from mer_core.schema import Explanation, Grid, Picture, Track, TrackInfo
from mer_core.tiles import Tiles

SR = 44_100


def song(y) -> Track:
    y = np.atleast_2d(np.asarray(y, np.float32))
    return Track(TrackInfo(id="", title="", duration=y.shape[1] / SR, channels=len(y)), y)


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.01, int(seconds * SR))


def explanation(values, grid=None) -> Explanation:
    grid = grid or mel.MelSpec(sr=12_000, n_fft=512, hop=256, n_mels=96).grid(values.shape[1])
    return Explanation(model="m", method="lrp", target="arousal", space="timefreq", values=values, base=0.0, output=0.0,
                       grid=grid)


def image(*paths) -> np.ndarray:
    """The bytes of images side by side, the lowest row first."""
    return np.concatenate([np.asarray(Image.open(path)) for path in paths], axis=1)[::-1]


def left(made: Tiles, column: int) -> float:
    return made.start + column * made.step


def hertz(made: Tiles, row: int) -> float:
    """The lower edge of a row."""
    return made.hz[0] * (made.hz[1] / made.hz[0]) ** (row / made.rows)


def test_a_spectrogram_is_cut_into_tiles_that_hold_every_column(tmp_path):
    picture = spectral.spectrogram(song(noise(100)), limit=None)
    made = Tiles.read(tmp_path, tiles.spectrogram(picture, tmp_path))
    assert made.columns == 1 + 100 * SR // 1024 and len(made.tiles) == 3
    assert [Image.open(path).size for path in made.tiles] == [(2048, 256), (2048, 256), (made.columns - 4096, 256)]
    whole, small = image(*made.tiles), image(made.overview)
    factor = round(made.overview_step / made.step)
    assert made.overview_step == pytest.approx(3 * made.step) and small.shape == (256, -(-made.columns // 3))
    for column in (0, 500, small.shape[1] - 1):
        np.testing.assert_array_equal(small[:, column], whole[:, column * factor:(column + 1) * factor].max(axis=1))


def test_a_byte_maps_back_to_decibels(tmp_path):
    picture = spectral.spectrogram(song(10 * noise(3)), limit=None)
    made = Tiles.read(tmp_path, tiles.spectrogram(picture, tmp_path))
    assert made.high - made.low == pytest.approx(55) and made.high == pytest.approx(np.percentile(picture.values, 99.8))
    back = made.low + (made.high - made.low) * image(*made.tiles) / 255.0
    inside = (picture.values > made.low) & (picture.values < made.high)
    assert inside.mean() > 0.9 and np.abs(back - picture.values)[inside].max() <= 55 / 255 / 2 + 1e-4
    assert (image(*made.tiles)[picture.values <= made.low] == 0).all()


@pytest.mark.parametrize("at", [0.5, 2.0, 58.3])
def test_a_click_stands_in_the_column_of_its_second(tmp_path, at):
    y = np.zeros(60 * SR)
    y[round(at * SR)] = 1
    made = Tiles.read(tmp_path, tiles.spectrogram(spectral.spectrogram(song(y), limit=None), tmp_path))
    assert made.low == -100 and made.step == pytest.approx(1024 / SR)
    columns = np.flatnonzero(image(*made.tiles)[200:].mean(axis=0))
    assert len(columns) in (3, 4), "the window of 93 ms reaches over four columns"
    assert left(made, columns[0]) < at < left(made, columns[-1] + 1)
    assert abs((left(made, columns[0]) + left(made, columns[-1] + 1)) / 2 - at) <= made.step / 2 + 1e-6


@pytest.mark.parametrize("pitch", [110.0, 440.0, 5000.0])
def test_a_sine_stands_in_the_row_of_its_pitch(tmp_path, pitch):
    y = 0.01 * noise(3) + 0.3 * np.sin(2 * np.pi * pitch * np.arange(3 * SR) / SR)
    picture = spectral.spectrogram(song(y), limit=None)
    made = Tiles.read(tmp_path, tiles.spectrogram(picture, tmp_path))
    assert made.hz == pytest.approx((40, 16_000), rel=1e-5)
    bytes_ = image(*made.tiles)[:, 60].astype(float)
    row = int(np.flatnonzero(bytes_ == bytes_.max()).mean())
    bin_width = SR / 4096
    assert hertz(made, row) - bin_width <= pitch <= hertz(made, row + 1) + bin_width


def test_pitch_classes_have_c_at_the_bottom(tmp_path):
    y = 0.3 * np.sin(2 * np.pi * 261.63 * np.arange(3 * SR) / SR)
    made = Tiles.read(tmp_path, tiles.chroma(chroma.chroma(song(y), limit=None), tmp_path))
    assert (made.hz, made.rows, made.low, made.high) == (None, 12, 0, 1) and made.step == pytest.approx(1024 / 22_050)
    assert np.asarray(Image.open(made.overview))[-1, 20] == image(*made.tiles)[0, 20] >= 254


@pytest.mark.parametrize(("band", "column"), [(1, 0), (10, 700), (40, 2500), (95, 4999)])
def test_one_hot_cell_is_found_at_its_second_and_hertz(tmp_path, band, column):
    values = np.zeros((96, 5000))
    values[band, column] = -0.25
    one = explanation(values)
    made = Tiles.read(tmp_path, tiles.relevance(one, tmp_path))
    shown = image(*made.tiles)
    rows, columns = np.nonzero(shown != 128)
    assert set(columns) == {column} and (shown[rows, columns] == 1).all()
    assert left(made, column) <= one.grid.times[column] < left(made, column + 1)
    freqs = one.grid.freqs.astype(float)
    edges = np.concatenate([[0], (freqs[:-1] + freqs[1:]) / 2, [1.5 * freqs[-1] - 0.5 * freqs[-2]]])
    height = (made.hz[1] / made.hz[0]) ** (1 / made.rows)  # the row may reach a row beyond the band
    assert hertz(made, rows.min()) >= max(edges[band], 40) / height
    assert hertz(made, rows.max() + 1) <= edges[band + 1] * height
    assert image(made.overview)[rows[0], column // 3] == 1


def test_relevance_lies_on_one_symmetric_scale(tmp_path):
    values = np.random.default_rng(1).normal(0, 1e-4, (96, 300))
    one = explanation(values)
    made = Tiles.read(tmp_path, tiles.relevance(one, tmp_path))
    assert made.signed and made.unit == "arousal" and made.low == -made.high
    assert made.high == pytest.approx(np.percentile(np.abs(values), 99.8), rel=1e-5)
    shown = image(*made.tiles)
    assert shown.min() == 1 and shown.max() == 255
    nearest = np.abs(one.grid.freqs - np.sqrt(hertz(made, 100) * hertz(made, 101))).argmin()
    back = made.high * (shown[100] - 128.0) / 127
    np.testing.assert_allclose(back, np.clip(values[nearest], made.low, made.high), atol=made.high / 127)


def test_relevance_that_is_all_zero_is_drawn_as_nothing(tmp_path):
    made = Tiles.read(tmp_path, tiles.relevance(explanation(np.zeros((96, 30))), tmp_path))
    assert (image(*made.tiles) == 128).all() and made.high > 0


def test_signed_classes_have_a_row_each_and_one_scale_for_both_signs(tmp_path):
    values = np.zeros((7, 90))
    values[0, :30], values[6, 60:] = 0.5, -0.25
    made = Tiles.read(tmp_path, tiles.classes(values, 0.05 + 0.1 * np.arange(90), tmp_path, "sad log-odds"))
    assert (made.rows, made.hz, made.unit, made.signed) == (7, None, "sad log-odds", True)
    assert made.start == pytest.approx(0, abs=1e-6) and made.step == pytest.approx(0.1) and made.high == -made.low
    np.testing.assert_allclose(tiles.values(made), values, atol=made.high / 127)
    above = Tiles.read(tmp_path, tiles.classes(np.abs(values), np.arange(90), tmp_path, ""))
    assert above.low == 0 and tiles.values(above)[6, 80] == pytest.approx(0.25, abs=0.005)


def test_what_tiles_show_can_be_read_again(tmp_path):
    picture = chroma.chroma(song(noise(60)), limit=None)
    made = Tiles.read(tmp_path, tiles.chroma(picture, tmp_path))
    np.testing.assert_allclose(tiles.values(made), picture.values, atol=0.5 / 255 + 1e-6)


def test_bands_narrower_than_a_row_are_not_lost():
    freqs, values = np.linspace(50, 10_000, 500), np.zeros((500, 1))
    for band in range(500):
        values[:] = 0
        values[band] = -1
        shown = tiles.log_rows(values, freqs, (40, 10_010), 192)
        assert shown.min() == -1 and shown.shape == (192, 1)


def test_the_width_of_a_column_is_not_misled_by_a_short_last_one():
    assert tiles.step(Grid(times=np.array([0.5, 2.5, 4.5, 5.5]), freqs=[1])) == pytest.approx(2)
    assert tiles.step(Grid(times=np.array([0.5, 2.5]), freqs=[1])) == pytest.approx(2)


def test_only_relevance_over_time_and_frequency_can_be_drawn(tmp_path):
    one = Explanation(model="m", method="stem_shapley", target="valence", space="stems", values=np.zeros(2), base=0.0,
                      output=0.0, labels=("a", "b"))
    with pytest.raises(ParameterError, match="stem_shapley gives stems"):
        tiles.relevance(one, tmp_path)


@pytest.mark.parametrize("samples", [SR, 441 * 10 + 1, 441 * 3 - 1])
def test_a_waveform_holds_the_extremes_of_each_hundredth_of_a_second(samples):
    y = np.random.default_rng(2).normal(0, 0.5, (2, samples)).astype(np.float32)
    made = tiles.waveform(y, SR)
    expected = []
    for start in range(0, samples, 441):
        part = [max(-1.0, min(1.0, float(v))) for v in y[:, start:start + 441].ravel()]
        expected.append([round(min(part) * 127), round(max(part) * 127)])
    assert made.dtype == np.int8 and made.tolist() == expected
