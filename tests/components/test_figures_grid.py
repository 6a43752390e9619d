"""Spectrogram and relevance: the strongest cell survives pooling, zero is transparent, scale and axes carry units."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from components import figures_grid, pixels
from components.theme import EPOCH, LOWERS, RAISES
from mer_core.schema import Explanation, Grid, Picture

DURATION = 60.0


def picture(frames: int = 3000) -> Picture:
    values = np.random.default_rng(0).normal(-60, 8, (64, frames))
    return Picture(values, Grid(np.linspace(0, DURATION, frames), np.geomspace(35, 16_000, 64)), "dB")


def relevance(frames: int = 5000) -> Explanation:
    values = np.zeros((96, frames))
    values[48:52, 2000:2020] = 0.002
    values[20:24, 4000:4020] = -0.001
    return Explanation("m", "lrp", "arousal", "timefreq", values, 0.1, 0.2,
                       grid=Grid(np.linspace(0, DURATION, frames), np.geomspace(60, 6000, 96)))


def image(fig, k: int) -> np.ndarray:
    source = fig.layout.images[k].source
    return np.asarray(Image.open(BytesIO(base64.b64decode(source.split(",")[1]))))


def test_pooling_keeps_the_strongest_value_with_its_sign_and_its_time():
    values = np.zeros((2, 1001))
    values[0, 500], values[1, 501] = -3.0, 2.0
    out, times = pixels.pooled(values, np.arange(1001.0), 100, signed=True)
    assert out.shape[1] <= 100 and out.min() == -3 and out.max() == 2
    assert abs(times[out[0].argmin()] - 500) <= 11


def test_pooling_by_mean_keeps_the_mean_of_whole_groups():
    values = np.arange(40.0).reshape(1, 40)
    out, times = pixels.pooled(values, np.arange(40.0), 10)
    assert out.mean() == pytest.approx(values.mean()) and np.allclose(out[0], times)


def test_short_pictures_stay_as_they_are():
    out, times = pixels.pooled(np.ones((3, 7)), np.arange(7.0), 10)
    assert out.shape == (3, 7) and len(times) == 7


def test_rows_are_even_in_log_frequency_and_nearest():
    freqs = np.geomspace(35, 16_000, 64)
    aims, found = pixels.log_rows(freqs, 50)
    assert np.allclose(np.diff(np.log(aims)), np.diff(np.log(aims))[0])
    assert np.array_equal(found, np.abs(np.log(freqs)[None] - np.log(aims)[:, None]).argmin(axis=1))


def test_colour_is_only_where_there_is_relevance_red_up_blue_down():
    shown = image(figures_grid.spectrogram(picture(), DURATION, relevance()), 1)
    height, width, _ = shown.shape
    alpha = shown[..., 3]
    assert (alpha > 0).mean() < 0.02
    red, blue = (tuple(int(c[i:i + 2], 16) for i in (1, 3, 5)) for c in (RAISES, LOWERS))
    coloured = {tuple(shown[y, x, :3]) for y, x in np.argwhere(alpha > 40)}
    assert coloured == {red, blue}
    rows, columns = np.nonzero((shown[..., :3] == red).all(axis=2) & (alpha > 40))
    assert abs(columns.mean() / width - 2010 / 5000) < 0.01
    top = relevance().grid.freqs[-1]
    hertz = 40 * (top / 40) ** (1 - (rows.mean() + 0.5) / height)  # row 0 is the top of the picture
    assert 500 < hertz < 800  # bands 48 to 51 of 60 Hz * 100 ** (i / 95)


def test_the_scale_is_symmetric_and_says_its_unit():
    fig = figures_grid.spectrogram(picture(), DURATION, relevance())
    bar = next(t for t in fig.data if t.type == "scatter").marker
    assert bar.cmin == -bar.cmax < 0 and list(bar.colorbar.tickvals) == [bar.cmin, 0, bar.cmax]
    assert "arousal" in bar.colorbar.title.text and "raises" in bar.colorbar.title.text
    assert bar.colorscale[1][0] == 0.5 and bar.colorscale[1][1].endswith(",0)")  # zero is transparent


def test_axes_are_log_hertz_and_clock_time():
    fig = figures_grid.spectrogram(picture(), DURATION)
    assert fig.layout.yaxis.type == "log" and fig.layout.yaxis.title.text == "frequency (Hz)"
    assert fig.layout.xaxis.title.text == "time (m:ss)" and fig.layout.xaxis.range == (EPOCH, EPOCH + 60_000)


def test_the_images_cover_their_own_seconds_and_hertz():
    fig = figures_grid.spectrogram(picture(), DURATION, relevance(), opacity=0.4)
    loud, coloured = fig.layout.images
    assert coloured.opacity == 0.4 and loud.opacity == 1
    for shown, top in ((loud, 16_000), (coloured, 6000)):
        assert shown.x == pytest.approx(EPOCH, abs=20) and shown.sizex == pytest.approx(60_000, abs=40)
        assert 10 ** shown.y == pytest.approx(top, rel=1e-3) and 10 ** (shown.y - shown.sizey) == pytest.approx(40)


def test_hover_names_second_hertz_note_and_value():
    fig = figures_grid.spectrogram(picture(), DURATION, relevance())
    cells = next(t for t in fig.data if t.type == "heatmap")
    assert all(part in cells.hovertemplate for part in ("%{x}", "Hz", "%{text}", "%{z", "arousal"))
    assert np.asarray(cells.z).max() == pytest.approx(0.002)


@pytest.mark.parametrize("hertz, name", [(440, "A4"), (261.6, "C4"), (55, "A1"), (466.2, "B♭4")])
def test_notes(hertz, name):
    assert figures_grid.note(hertz) == name


def test_a_flat_explanation_draws_nothing_and_does_not_divide_by_zero():
    still = Explanation("m", "lrp", "valence", "timefreq", np.zeros((96, 500)), 0, 0,
                        grid=Grid(np.linspace(0, DURATION, 500), np.geomspace(60, 6000, 96)))
    assert (image(figures_grid.spectrogram(picture(), DURATION, still), 1)[..., 3] == 0).all()


def test_the_chroma_lane_has_twelve_named_rows_and_a_legend():
    values = np.random.default_rng(1).random((12, 900))
    fig = figures_grid.chroma(Picture(values, Grid(np.linspace(0, 60, 900), 261.6 * 2 ** (np.arange(12) / 12)),
                                      "strength (0 to 1)"), DURATION)
    assert len(fig.data[0].y) == 12 and fig.data[0].colorbar.title.text == "strength (0 to 1)"
    assert fig.layout.yaxis.title.text == "pitch class"


def test_figures_stay_light():
    fig = figures_grid.spectrogram(picture(20_000), DURATION, relevance(50_000))
    assert len(fig.to_json()) < 1_500_000
