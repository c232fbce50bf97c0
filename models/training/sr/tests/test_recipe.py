"""Recipes parse, name stages that exist, run what they say once, and go on where they stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import recipe
from networks import NETWORKS, build

RECIPES = sorted((Path(recipe.HERE) / "recipes").glob("*.toml"))


def test_every_network_that_ships_has_a_recipe():
    assert {file.stem for file in RECIPES} == set(NETWORKS)


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_a_recipe_parses_and_its_scripts_take_its_options(file):
    told = recipe.parse(file.read_text())
    assert told.tier == file.stem
    assert told.data
    helps: dict[str, str] = {}
    for stage in told.stages:
        if stage.run not in helps:
            done = subprocess.run([sys.executable, recipe.HERE / f"{stage.run}.py", "--help"], capture_output=True, text=True, check=True)
            helps[stage.run] = done.stdout
        arguments = recipe.command(told, stage, Path("data"), Path("runs"), Path("cache"))
        for option in (word for word in arguments if word.startswith("--")):
            assert f"{option} " in helps[stage.run] or f"{option}]" in helps[stage.run], (stage.name, option)


def test_a_stage_starts_from_no_shipped_weights():
    for file in RECIPES:
        assert ".safetensors" not in file.read_text()
        assert "commit" not in file.read_text()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('tier = "S"\nfoo = 1\n[[stage]]\nname = "a"\nrun = "train"\nseed = 1', "unknown keys: foo"),
        ('tier = "S"\n[[stage]]\nname = "a"\nrun = "bake"', "runs 'bake'"),
        ('tier = "S"\n[[stage]]\nname = "a"\nrun = "train"', "has no seed"),
        ('tier = "S"\n[[stage]]\nname = "a"\nrun = "train"\nseed = 1\nfrom = { init = "b" }', "'b', which no stage before"),
        ('tier = "S"\n[[stage]]\nname = "a"\nrun = "merge"\nfrom = { init = "b" }', "starts from nothing as 'init'"),
        ('tier = "S"\n[[stage]]\nname = "a"\nrun = "train"\nseed = 1\n[[stage]]\nname = "a"\nrun = "train"\nseed = 2', "there twice"),
    ],
)
def test_a_bad_recipe_is_refused_by_name(text, found):
    with pytest.raises(recipe.RecipeError, match=found):
        recipe.parse(text)


def averaging(share: float) -> recipe.Recipe:
    stages = (
        recipe.Stage("a", "train", {}, {"seed": 1}),
        recipe.Stage("b", "train", {"init": "a"}, {"seed": 2}),
        recipe.Stage("mean", "average", {"first": "a", "second": "b"}, {"share": share}),
    )
    return recipe.Recipe("S-plain", (), stages)


def test_a_changed_stage_changes_its_hash_and_those_after_it():
    before, after = averaging(0.5), averaging(0.25)
    assert before.digest("b") == after.digest("b")
    assert before.digest("mean") != after.digest("mean")
    other = recipe.Recipe("S-plain", ({"seed": 9},), before.stages)
    assert all(other.digest(stage.name) != before.digest(stage.name) for stage in before.stages)


def test_a_run_does_what_is_not_done_and_leaves_what_is(tmp_path, monkeypatch, capsys):
    told = averaging(0.5)
    runs = tmp_path / "runs" / "small"
    torch.manual_seed(0)
    for name in ("a", "b"):
        state = build("S-plain").state_dict()
        folder = runs / told.folder(name)
        folder.mkdir(parents=True)
        torch.save({"ema": state, "net": state, "tier": "S-plain", "step": 1}, folder / "checkpoint.pt")
        (folder / "done.json").write_text(json.dumps({"minutes": 0.1}))
    file = tmp_path / "small.toml"
    file.write_text(
        'tier = "S-plain"\n[[stage]]\nname = "a"\nrun = "train"\nseed = 1\n[[stage]]\nname = "b"\nrun = "train"\nfrom = { init = "a" }\nseed = 2\n'
        '[[stage]]\nname = "mean"\nrun = "average"\nfrom = { first = "a", second = "b" }\nshare = 0.5\n'
    )
    monkeypatch.setattr(sys, "argv", ["recipe.py", str(file), "--data", str(tmp_path), "--runs", str(tmp_path / "runs")])
    recipe.main()
    assert capsys.readouterr().out.count("done before") == 2
    mean, a, b = (torch.load(runs / told.folder(name) / "checkpoint.pt", weights_only=False)["ema"] for name in ("mean", "a", "b"))
    for key, value in mean.items():
        torch.testing.assert_close(value, (a[key] + b[key]) / 2)
    recipe.main()
    assert capsys.readouterr().out.count("done before") == 3
    history = recipe.history(told, runs)
    assert [entry["stage"] for entry in history] == ["a", "b", "mean"]
    assert history[2]["from"] == {"first": told.digest("a"), "second": told.digest("b")}
    assert "| mean | `" in recipe.history_table(told, runs)


def test_a_shortened_recipe_keeps_all_stages():
    told = recipe.parse(RECIPES[0].read_text())
    short = recipe.shortened(told, 0.01)
    assert [stage.name for stage in short.stages] == [stage.name for stage in told.stages]
    steps = [stage.options["steps"] for stage in short.stages if "steps" in stage.options]
    assert all(20 <= n <= 0.01 * 150_000 for n in steps)
