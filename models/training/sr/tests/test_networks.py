"""Losses, growing, averaging of experts, and the way from a checkpoint to shipped bytes and back, on small pictures."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from export import golden, rounded
from networks import NETWORKS, bilinear_x2, build, grow, loaded, split
from train import LOSSES


def picture(seed: int, size: tuple[int, int] = (29, 37)) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(0, 1, (1, 1, *size)).astype(np.float32))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_least_without_an_error_and_grows_with_it(name):
    loss, error = LOSSES[name], picture(1) - 0.5
    none, small, large = (float(loss(error * scale)) for scale in (0, 0.1, 1))
    assert none < small < large
    assert np.isfinite(none)


def test_charbonnier_is_the_absolute_error_far_from_zero():
    assert float(LOSSES["charbonnier"](torch.full((1, 1, 4, 4), 0.5))) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("tier", NETWORKS)
def test_what_ships_comes_back_as_the_same_network(tier):
    torch.manual_seed(3)
    weights = load(save(rounded(build(tier))))
    net = loaded(tier, {key: torch.from_numpy(value) for key, value in weights.items()})
    assert all(value.dtype == np.float16 for value in weights.values())
    for key, value in net.state_dict().items():
        torch.testing.assert_close(value, torch.from_numpy(weights[key]).float(), rtol=0, atol=0)
    with torch.no_grad():
        assert net(picture(2)).shape == (1, 1, 58, 74)


def test_a_golden_holds_the_forward_of_the_rounded_weights():
    torch.manual_seed(4)
    told = golden("S-plain", rounded(build("S-plain")))
    residual, luma = torch.from_numpy(told["residual"]), torch.from_numpy(told["luma"])
    expected = bilinear_x2(torch.from_numpy(told["input"]).permute(2, 0, 1)[None]) + residual.permute(2, 0, 1)
    torch.testing.assert_close(torch.from_numpy(told["output"]).permute(2, 0, 1)[None], expected.clamp(0, 1))
    assert luma.shape == (29, 37, 1)


def test_a_grown_network_begins_as_the_smaller_one():
    torch.manual_seed(5)
    small, large = build("M", tokens=False), build("L", tokens=False)
    grow(small.state_dict(), large)
    with torch.no_grad():
        torch.testing.assert_close(large(picture(6)), small(picture(6)), rtol=1e-4, atol=1e-5)


def test_split_experts_without_noise_are_the_trunk():
    torch.manual_seed(7)
    plain, net = build("S", tokens=False), build("S")
    split(plain.state_dict(), net, noise=0)
    with torch.no_grad():
        torch.testing.assert_close(net(picture(8)), plain(picture(8)), rtol=1e-4, atol=1e-5)
