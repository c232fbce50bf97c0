"""What the degradation does to pictures: sizes, paths inside the picture, no shift of levels."""

import shutil

import numpy as np
import pytest

import degrade


@pytest.mark.parametrize("how", degrade.HALVING)
def test_halving_keeps_the_level_and_halves_the_sides(how):
    flat = np.full((degrade.HR, degrade.HR, 3), 77, np.uint8)
    small = degrade.halve(flat, how)
    assert small.shape == (degrade.LR, degrade.LR, 3)
    assert np.abs(small.astype(int) - 77).max() <= 1


@pytest.mark.parametrize("whole", [True, False])
def test_a_path_stays_inside(whole):
    for seed in range(50):
        track = degrade.path((40, 90), np.random.default_rng(seed), whole)
        assert track.shape == (degrade.FRAMES, 2)
        assert track.min() >= 0
        assert (track <= (40, 90)).all()


def test_softening_keeps_size_and_level():
    rng = np.random.default_rng(1)
    frames = [rng.integers(0, 256, (degrade.HR, degrade.HR, 3), np.uint8)] * 2
    soft = degrade.softened(frames, rng)
    assert all(f.shape == frames[0].shape for f in soft)
    assert abs(float(np.mean(soft[0])) - float(np.mean(frames[0]))) < 2
    assert float(np.std(soft[0])) < float(np.std(frames[0]))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not on the path")
def test_luma_comes_back_from_the_coder_without_an_offset():
    degrade.check_levels()
