import json
import subprocess
import sys

import pytest

from mer_core.training import cost


@pytest.fixture
def log(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "LOG", tmp_path / "runs" / "costs.jsonl")
    return cost.LOG


def test_a_command_says_what_it_cost_and_notes_it(log, capsys, monkeypatch):
    clock = iter([100.0, 230.0])
    monkeypatch.setattr(cost.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(cost, "peak", lambda: 1_288_490_189)
    with cost.measured("train", "toy"):
        print("done")
    assert capsys.readouterr().out == "done\ntook 2 min 10 s, at most 1.2 GiB of memory\n"
    [line] = map(json.loads, log.read_text().splitlines())
    assert (line["command"], line["name"], line["seconds"], line["peak"]) == ("train", "toy", 130.0, 1_288_490_189)


def test_a_command_that_fails_says_nothing(log, capsys):
    with pytest.raises(ValueError), cost.measured("train", "toy"):
        raise ValueError
    assert not capsys.readouterr().out and not log.exists()


def run(code: str) -> list[int]:
    """What it prints, in a process of its own; on Linux that begins with the peak of the one that starts it."""
    code = "from mer_core.training.cost import peak; before = peak(); " + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_the_peak_is_in_bytes_and_does_not_fall():
    before, after = run("x = b'1' * (before + 100_000_000); del x; print(before, peak())")
    assert before + 100e6 < after < before + 400e6


def test_measuring_brings_nothing_heavy_along():
    assert run("import sys; print(int('torch' in sys.modules))") == [0]


def test_a_child_that_has_ended_counts():
    before, after = run("import subprocess, sys; hold = f\"x = b'1' * {before + 200_000_000}\"; "
                        "subprocess.run([sys.executable, '-c', hold]); print(before, peak())")
    assert before + 200e6 < after


@pytest.mark.parametrize("platform, held", [("linux", 2048 * 1024), ("darwin", 2048)])
def test_the_unit_is_the_system_s(monkeypatch, platform, held):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrusage", lambda who: type("Usage", (), {"ru_maxrss": 2048})())
    monkeypatch.setattr(cost.sys, "platform", platform)
    assert cost.peak() == held


@pytest.mark.parametrize("seconds, said", [(0.04, "0.0 s"), (7.24, "7.2 s"), (59.96, "1 min 0 s"), (3599.7, "1 h 0 min"),
                                           (11_100, "3 h 5 min")])
def test_durations(seconds, said):
    assert cost.duration(seconds) == said


def test_without_a_measure_of_memory_only_the_time_is_said():
    assert str(cost.Cost(3.0, None)) == "took 3.0 s"
    assert cost.size(310 * 2 ** 20) == "310 MiB"
