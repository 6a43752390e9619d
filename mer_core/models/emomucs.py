"""EmoMucs: one small network a stem, joined by two layers (de Berardinis et al. 2020, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mer_core.models._base import BATCH
from mer_core.models._source import apart, pictures_at
from mer_core.models._torch import TorchModel, read_network, tensor
from mer_core.models.c2d_mix import INPUT
from mer_core.schema import STEM_NAMES, Grid, Segment, Stems, Track


class EmoMucsStems(TorchModel):
    """Windows are (N, 4, 96, 938), a picture a stem in the order of STEM_NAMES, in the units of c2d_mix.

    It hears `track.stems` where the song carries them and else separates it itself, with the separator its card names.
    All stems have one reference, so a quiet stem is a quiet picture. The residual is not heard.
    """

    name = "emomucs"

    def load(self) -> None:
        from mer_core.models.nets.emomucs import EmoMucs

        self.network = read_network(self, INPUT, EmoMucs.like)

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 4, 96, T), T at most 938; at the price of the whole song's separation where it carries no stems."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return _cut([INPUT.song(Track(track.info, y)) for y in apart(track).y], segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """gains -> (N, 4, D): each stem is heard at its own gain, by its own network, which need not listen again while
        another one's fader moves."""
        picture = pictures_at(INPUT, stems)

        @lru_cache(maxsize=8 * len(STEM_NAMES))
        def features(stem: int, gain: float) -> np.ndarray:
            return self._tapped(stem, INPUT.cut(picture(stem, gain), segments))
        return lambda gains: np.stack([features(s, float(gains[s])) for s in range(len(STEM_NAMES))], axis=1)

    def _tapped(self, stem: int, x: np.ndarray) -> np.ndarray:
        """(N, 1, 96, T) -> (N, D) what that stem's network makes of its windows."""
        import torch

        with self.session(), torch.no_grad():
            return np.concatenate([self.network.tap_of(stem, tensor(x[i:i + BATCH])) for i in range(0, len(x), BATCH)])

    def grid(self, track: Track) -> Grid:
        return INPUT.grid(track)

    def column(self, segment: Segment) -> int:
        return INPUT.start(segment)

    def forward(self, x):
        """numpy or torch (N, 4, 96, T) -> torch (N, 2) on [-1, 1]; differentiable where x is a tensor. (N, 4, D) are
        features, as `mixer` gives them."""
        x = tensor(x)
        return self.network.joined(x) if x.ndim == 3 else self.network(x)

    def contributions(self, track: Track) -> tuple[np.ndarray, np.ndarray]:
        """(4, K) what each stem adds in the fusion layers and (K,) what mean stems give; their sum is the song's value,
        the mean over the windows. See nets.emomucs.EmoMucs.contributions for what is held fixed."""
        added, rest = self.network.contributions(self._features(track))
        return added.mean(dim=0).numpy(), rest.mean(dim=0).numpy()

    def left_out(self, track: Track) -> tuple[np.ndarray, np.ndarray]:
        """(4, K) by how much the value falls when a stem says what it says in a mean song, and (K,) the value."""
        import torch

        network, z = self.network, self.network.scaled(self._features(track))
        with torch.no_grad():
            whole = network.fusion(z).mean(dim=0)
            without = [network.fusion(torch.where(_of(s, z), 0.0, z)).mean(dim=0) for s in range(len(STEM_NAMES))]
        return (whole - torch.stack(without)).numpy(), whole.numpy()

    def _features(self, track: Track):
        import torch

        with torch.no_grad():
            return self.network.tapped(tensor(self.encode_all(track, self.windows(track.duration))))

    def alone(self, x) -> np.ndarray:
        """(N, 4, 96, T) -> (N, 4, K) what each source model would say of its stem alone."""
        import torch

        x = tensor(x)
        with torch.no_grad():
            return torch.stack([s(x[:, i:i + 1]) for i, s in enumerate(self.network.sources)], dim=1).numpy()


def _cut(pictures: list[np.ndarray], segments: list[Segment]) -> np.ndarray:
    """(N, S, 96, T) windows of the songs' pictures, one a stem."""
    assert len(pictures) == len(STEM_NAMES)
    return np.concatenate([INPUT.cut(picture, segments) for picture in pictures], axis=1)


def _of(stem: int, z):
    """(S * D,) which values of `z` (N, S * D) are the stem's."""
    import torch

    size = z.shape[1] // len(STEM_NAMES)
    return torch.arange(z.shape[1]) // size == stem
