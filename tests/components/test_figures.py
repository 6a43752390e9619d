"""Bars: every number is in the figure, axes have units and compare, colours mean what they mean everywhere."""

import numpy as np
import pytest

from components import figures
from components.theme import COLOURS, LOWERS, RAISES
from mer_core.schema import STEM_NAMES, Explanation, FeatureInfo

NAMES = ("tempo", "level_mean", "centroid_std", "key_clarity", "zcr_mean")
INFOS = {"tempo": FeatureInfo("tempo", "bpm", "rhythm", "tempo: how fast."),
         "level_mean": FeatureInfo("level_mean", "dB", "level", "level, on average: how loud."),
         "centroid_std": FeatureInfo("centroid_std", "Hz", "timbre", "brightness, variation over time: the middle."),
         "zcr_mean": FeatureInfo("zcr_mean", "0 to 1", "timbre", "zero crossings, on average: hiss."),
         "key_clarity": FeatureInfo("key_clarity", "", "harmony", "key clarity: how well.")}


def features() -> Explanation:
    values = np.array([0.1, -0.3, 0.05, 0.02, -0.2])
    return Explanation("m", "treeshap", "arousal", "features", values, 0.1, 0.1 + values.sum(), labels=NAMES)


def stems() -> Explanation:
    return Explanation("m", "stem_shapley", "valence", "stems", np.array([0.05, 0.21, -0.04, 0.1, 0.0]), -0.1, 0.22,
                       labels=(*STEM_NAMES, "residual"))


def test_stem_bars_are_in_the_stems_colours_on_a_symmetric_axis_with_a_unit():
    fig = figures.stem_bars(stems())
    assert list(fig.data[0].y) == [*STEM_NAMES, "rest"]
    assert list(fig.data[0].marker.color) == [COLOURS[n] for n in (*STEM_NAMES, "residual")]
    assert np.allclose(fig.data[0].x, stems().values)
    low, high = fig.layout.xaxis.range
    assert low == -high and high > 0.21
    assert "valence" in fig.layout.xaxis.title.text and "-1 to +1" in fig.layout.xaxis.title.text


def test_bars_of_two_targets_compare():
    small = Explanation("m", "s", "arousal", "stems", stems().values / 10, 0, 0.03, labels=stems().labels)
    reach = figures.limit([stems(), small])
    assert figures.stem_bars(small, reach).layout.xaxis.range == figures.stem_bars(stems(), reach).layout.xaxis.range


def test_families_add_up_to_the_explanation():
    sums = figures.family_sums(features(), INFOS)
    assert sums == pytest.approx({"timbre": -0.15, "harmony": 0.02, "rhythm": 0.1, "level": -0.3})
    assert features().base + sum(sums.values()) == pytest.approx(features().output)


def test_the_waterfall_starts_at_the_base_and_ends_at_the_output():
    found = features()
    bars = figures.waterfall(found, figures.family_sums(found, INFOS)).data[0]
    ends = np.add(bars.base, bars.x)
    assert ends[0] == pytest.approx(found.base) and ends[-1] == pytest.approx(found.output)
    assert np.allclose(bars.base[1:-1], ends[:-2])  # each step starts where the one before ended
    assert ends[-2] == pytest.approx(found.output)
    assert list(bars.marker.color[1:-1]) == [LOWERS, RAISES, RAISES, LOWERS]


def test_top_features_of_a_family_are_its_largest_first():
    assert figures.top(features(), INFOS, "timbre") == [4, 2]
    assert figures.top(features(), INFOS, "timbre", 1) == [4]


def test_feature_bars_say_in_words_what_they_are():
    bars = figures.feature_bars(features(), INFOS, [4, 2], 0.5).data[0]
    assert list(bars.y) == ["zero crossings", "brightness (variation)"]
    assert bars.hovertext[0] == "zero crossings lowers arousal by 0.20"
    assert list(bars.marker.color) == [LOWERS, RAISES]
