"""The fusion layer's shares, on an EmoMucs whose truth is known: valence is the drums' answer, arousal half the bass's."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.explainers.fusion_layer import FusionLayer, FusionParams
from mer_core.models.emomucs import EmoMucsStems
from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES, Stems, Track

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402


class Planted(EmoMucsStems):
    def load(self) -> None:
        torch.manual_seed(0)
        network = EmoMucs(hidden=8).eval()
        first, last = network.fusion[1], network.fusion[4]
        with torch.no_grad():
            first.weight.zero_(), first.bias.zero_(), last.weight.zero_(), last.bias.fill_(0.1)
            for unit, (feature, target, gain) in enumerate([(2, 0, 1.0), (5, 1, 0.5)]):  # drums' valence, bass's arousal
                for sign in (1, -1):  # relu(z) - relu(-z) = z
                    row = 2 * unit + (sign < 0)
                    first.weight[row, feature], last.weight[target, row] = sign, sign * gain
        self.network = network.requires_grad_(False)


@pytest.fixture(scope="module")
def song() -> tuple[Track, Stems]:
    y = np.stack([toys.noise_track(6.0, seed=s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.2))])
    stems = Stems(names=STEM_NAMES, y=y, residual=np.zeros_like(y[0]), backend="test")
    return Track(toys.noise_track(6.0).info, stems.mix), stems


@pytest.mark.parametrize("how", ["open units", "leave one out"])
def test_the_planted_stems_get_everything(song, how):
    model, (track, stems) = Planted(), song
    found = FusionLayer().explain(model, track, params=FusionParams(how), stems=stems)
    with model.session():
        alone = model.alone(model.encode(Track(track.info, track.y, stems), model.windows(6.0)[0]))[0]
    np.testing.assert_allclose(found["valence"].values, [0, alone[1, 0], 0, 0], atol=1e-5)
    np.testing.assert_allclose(found["arousal"].values, [0, 0, 0.5 * alone[2, 1], 0], atol=1e-5)
    for e in found.values():
        assert e.labels == STEM_NAMES and e.params == {"how": how}
        assert "is not its prediction" in e.notes[-1], "stems of another separator than it learnt"
        assert e.base == pytest.approx(0.1, abs=1e-5) and abs(e.residual) < 1e-5


def test_another_way_is_refused():
    with pytest.raises(ParameterError, match="leave one out"):
        FusionParams("guess")


def test_it_needs_the_stems(song):
    with pytest.raises(ParameterError, match="stems"):
        FusionLayer().explain(Planted(), song[0])
