"""The moving ellipse: what the player is sent, what is said, drawn and taken away."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from components.ellipse import choices, figure, sentences, take
from components.player.listeners import Listeners
from mer_core.features.beats import GRIDS
from mer_core.models._dbn import COMBINATIONS
from mer_core.models._dbn import LAYERS as MODEL_LAYERS
from tests.components.made_ellipses import made


def test_every_choice_of_the_model_has_words():
    assert set(choices.FEATURES) == set(COMBINATIONS) and set(choices.LAYERS) == set(MODEL_LAYERS)
    assert tuple(choices.STEPS) == GRIDS
    assert set(choices.OUTLINES) <= {0.5, 0.8, 0.95}


def test_the_player_gets_the_gaussian_of_each_second_and_the_mean_one():
    path = made(3)
    sent = Listeners(path, 0.5).message()
    assert sent["times"] == [0.5, 1.5, 2.5] and sent["valence"] == pytest.approx([-0.4, 0, 0.4], abs=1e-5)
    assert sent["values"] == pytest.approx({"valence": 0, "arousal": 0.1}, abs=1e-5)
    assert sent["spread"]["vv"][0] == pytest.approx(0.04, abs=1e-5) and sent["spread"]["aa"][2] == pytest.approx(0.25, abs=1e-5)
    assert sent["spread"]["va"][0] == pytest.approx(0.5 * 0.2 * 0.3, abs=1e-5)
    assert np.allclose(sent["covariance"], path.covariances.mean(axis=0), atol=1e-5)
    assert len(json.dumps(Listeners(made(600)).message())) < 60_000


@pytest.mark.parametrize("coverage", [0.5, 0.8])
def test_the_outline_holds_its_share_of_the_listeners(coverage):
    reach = Listeners(made(1), coverage).message()["spread"]["reach"]
    drawn = np.random.default_rng(0).standard_normal((20_000, 2))
    assert (np.hypot(*drawn.T) <= reach).mean() == pytest.approx(coverage, abs=0.015)


def test_the_song_in_words_on_either_scale():
    path = made()
    assert "valence **+0.00** (from -1 unpleasant to +1 pleasant)" in sentences.whole(path, "-1 to +1")
    assert "arousal **+0.10**" in sentences.whole(path, "-1 to +1")
    assert "valence **5.0** (from 1 unpleasant to 9 pleasant)" in sentences.whole(path, "1 to 9")
    assert "0.40 in valence and 0.50 in arousal, and most at 0:00" in sentences.widest(path, "-1 to +1")
    assert "at 0:24, with 1.60 in valence" in sentences.widest(path, "1 to 9")
    assert sentences.walked(path, "-1 to +1") == "Its middle moves in valence from -0.40 to +0.40 and arousal from +0.10 to +0.10."

    still = replace(path, means=np.full((24, 2), 0.1))
    assert sentences.walked(still, "-1 to +1") == "Its middle hardly moves."


def test_one_spread_all_along_has_no_widest_second():
    assert sentences.widest(made(grow=0.0), "-1 to +1") == "They would agree equally well all along."


@pytest.mark.parametrize("r, said", [(0.5, "leans to the right (correlation +0.50)"), (0.0, "does not lean"),
                                     (-0.4, "also find it less energetic")])
def test_the_lean_says_how_the_two_go_together(r, said):
    assert said in sentences.lean(made(r=r))


def test_the_grid_is_named():
    assert sentences.steps(made()) == "It stands on the song's own beats: 48 of them, typically 120 a minute."
    assert "in even steps of 0.5 s, not on its beats" in sentences.steps(made(grid="even 0.5 s"))


@pytest.mark.parametrize("scale, middle, factor", [("-1 to +1", 0.0, 1), ("1 to 9", 5.0, 4)])
def test_the_picture_shows_a_dozen_outlines_and_the_mean_one(scale, middle, factor):
    fig = figure.way(made(60), 0.5, scale)
    outlines = [t for t in fig.data if "at a second" in (t.name or "")]
    assert len(outlines) == 12 and sum(t.showlegend for t in outlines) == 1
    mean, = (t for t in fig.data if t.name == "the seconds' mean")
    x = np.array(mean.x, float)
    assert (x.max() + x.min()) / 2 == pytest.approx(middle, abs=1e-6)
    apart = np.sqrt(made(60).covariances[:, 0, 0].mean() * 2 * np.log(2))  # a Gaussian's half lies within sqrt(2 ln 2)
    assert (x.max() - x.min()) / 2 == pytest.approx(factor * apart, rel=0.01)
    assert "unpleasant" in fig.layout.xaxis.title.text


def test_a_song_of_one_second_can_be_drawn():
    assert len([t for t in figure.way(made(1), 0.8, "-1 to +1").data if "at a second" in (t.name or "")]) == 1


def test_the_table_and_the_json_hold_the_same_seconds():
    path = made()
    rows = pd.read_csv(io.StringIO(take.table(path, "-1 to +1").to_csv(index=False)))
    assert list(rows.columns) == ["time_s", "valence", "arousal", "sd_valence", "sd_arousal", "correlation"]
    assert rows.sd_arousal.iloc[-1] == pytest.approx(0.5) and rows.correlation.to_numpy() == pytest.approx(0.5)
    assert take.table(path, "1 to 9").sd_valence[0] == pytest.approx(0.8)
    facts = json.loads(take.facts(path, "a song", "dbn"))
    assert facts["song"] == "a song" and len(facts["means"]) == 24 == len(facts["half_axes"]["50%"]) and facts["beats"][1] == 0.5
