"""SDR and SI-SDR against their formulas on signals whose answer is known on paper."""

import numpy as np
import pytest
import soundfile

from mer_core.schema import SAMPLE_RATE, STEM_NAMES
from mer_core.training.sdr import main, measure, ratio_masks, sdr, si_sdr

T = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def tone(freq, level=0.2):
    return np.stack([level * np.sin(2 * np.pi * freq * T)] * 2).astype(np.float32)


def test_sdr_on_paper():
    s, n = tone(200), tone(300)  # whole periods: orthogonal
    assert sdr(s, s + 0.1 * n) == pytest.approx(20, abs=0.01)
    assert sdr(s, 0 * s) == pytest.approx(0, abs=1e-6)
    assert sdr(s, 0.5 * s) == pytest.approx(6.02, abs=0.01)  # the level counts
    assert sdr(s, s) > 100


def test_si_sdr_on_paper():
    s, n = tone(200), tone(300)
    assert si_sdr(s, s + 0.1 * n) == pytest.approx(20, abs=0.01)
    assert si_sdr(s, 7 * (s + 0.1 * n)) == pytest.approx(20, abs=0.01)  # the level does not
    assert si_sdr(s, n) < -60


def test_ideal_masks_part_tones_that_never_meet():
    truths = np.stack([tone(f) for f in (200, 1000, 3000, 6000)])
    for truth, estimate in zip(truths, ratio_masks(truths.sum(axis=0), truths), strict=True):
        assert sdr(truth, estimate) > 25


def test_the_mix_as_estimate_of_four_equal_stems_is_minus_4_8_db():
    truths = np.stack([tone(f) for f in (200, 1000, 3000, 6000)])
    figures = measure(truths.sum(axis=0), truths, {"halved": truths / 2})
    assert figures["the mix"]["sdr"] == pytest.approx([-10 * np.log10(3)] * 4, abs=0.01)
    assert figures["halved"]["sdr"] == pytest.approx([6.02] * 4, abs=0.01)


@pytest.mark.parametrize("prefix", ["", "song_"])
def test_the_command_prints_every_estimate(tmp_path, capsys, prefix):
    truths = [tone(f) for f in (440, 2000, 60, 900)]
    for name, y in zip((*STEM_NAMES, "mix"), (*truths, sum(truths)), strict=True):
        soundfile.write(tmp_path / f"{prefix}{name}.wav", y.T, SAMPLE_RATE, "FLOAT")
    assert main([str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["set", "estimate", *STEM_NAMES, "mean"] and len(lines) == 7
    mix = next(line for line in lines if "SDR" in line and "the mix" in line and "SI" not in line)
    assert [float(v) for v in mix.split()[-5:]] == pytest.approx([-4.8] * 5, abs=0.06)


def test_a_folder_without_stems_is_named(tmp_path, capsys):
    soundfile.write(tmp_path / "mix.flac", tone(440).T, SAMPLE_RATE)
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path)])
    assert stop.value.code == 1
    assert "holds no mix with its stems" in capsys.readouterr().err
