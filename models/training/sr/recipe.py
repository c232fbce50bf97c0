"""Makes a tier's weights from nothing, stage after stage, as a recipe file says.

    python models/training/sr/recipe.py models/training/sr/recipes/S.toml --data DIR [--dry-run] [--until STAGE] [--share .01] [--ship]
    python models/training/sr/recipe.py models/training/sr/recipes/S.toml --history

A recipe names its data (runs of degrade.py) and its stages. A stage names the script that runs (`train`, `recognize`, `merge`, `average`, `quantize`), its
options, and the stages that it starts from. Its folder under --runs carries a hash of all of that and of its parents' hashes, so that a changed stage
and all after it run again, and nothing else does. What was stopped goes on from its last checkpoint. --share makes every stage so much shorter, to see
whether a recipe runs through. --ship judges the last stage on held-out pictures and writes weights, golden, manifest and quality.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
#: How each script takes what a stage starts from: the option of each role, and the file in the parent's folder (None: the folder's name).
ROLES: dict[str, dict[str, str | None]] = {
    "train": {"init": "checkpoint.pt", "grow": "checkpoint.pt"},
    "recognize": {"start": None, "mixture": "checkpoint.pt"},
    "merge": {"coded": None, "clean": None, "branch": None},
    "average": {"first": None, "second": None},
    "quantize": {"run": None},
}
#: What a stage leaves.
RESULT = {"recognize": "branch.pt"}
#: Options that --share shortens, with the least that is left of them.
LENGTHS = {"steps": 20, "minutes": 0.05, "clips": 64}


class RecipeError(ValueError):
    """A recipe that cannot be run as it stands."""


@dataclass(frozen=True)
class Stage:
    name: str
    run: str
    #: Stages it starts from, by role.
    parents: dict[str, str]
    options: dict[str, object]


@dataclass(frozen=True)
class Recipe:
    tier: str
    #: Options of degrade.py, a dict a call.
    data: tuple[dict[str, object], ...]
    stages: tuple[Stage, ...]

    @property
    def by_name(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    def digest(self, name: str) -> str:
        """Hash of all that decides a stage's result: its options, its data, its parents."""
        stage = self.by_name[name]
        decides = {
            "tier": self.tier,
            "data": self.data,
            "run": stage.run,
            "options": stage.options,
            "parents": {role: self.digest(parent) for role, parent in stage.parents.items()},
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:12]

    def folder(self, name: str) -> str:
        return f"{name}-{self.digest(name)}"

    @property
    def cache_name(self) -> str:
        return "cache-" + hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()[:12]


def parse(text: str) -> Recipe:
    """@raises RecipeError: unknown script or role, a parent that does not stand before, a name given twice."""
    raw = tomllib.loads(text)
    unknown = set(raw) - {"tier", "data", "stage"}
    if unknown:
        raise RecipeError(f"unknown keys: {', '.join(sorted(unknown))}; expected tier, data, stage")
    stages: list[Stage] = []
    for entry in raw["stage"]:
        name, run, parents = entry["name"], entry["run"], dict(entry.get("from", {}))
        options = {k: v for k, v in entry.items() if k not in ("name", "run", "from")}
        known = {stage.name for stage in stages}
        if name in known:
            raise RecipeError(f"stage {name!r} is there twice")
        if run not in ROLES:
            raise RecipeError(f"stage {name!r} runs {run!r}; expected one of {', '.join(ROLES)}")
        for role, parent in parents.items():
            if role not in ROLES[run]:
                raise RecipeError(f"stage {name!r}: {run} starts from nothing as {role!r}; expected {', '.join(ROLES[run])}")
            if parent not in known:
                raise RecipeError(f"stage {name!r} starts from {parent!r}, which no stage before it is called")
        if run == "train" and "seed" not in options:
            raise RecipeError(f"stage {name!r} has no seed")
        stages.append(Stage(name, run, parents, options))
    if not stages:
        raise RecipeError("no stages")
    return Recipe(raw["tier"], tuple(raw.get("data", ())), tuple(stages))


def shortened(recipe: Recipe, share: float) -> Recipe:
    """The same recipe with every length times `share`."""

    def shorter(options: dict[str, object]) -> dict[str, object]:
        def one(key: str, value: object) -> object:
            if key not in LENGTHS or not isinstance(value, int | float) or value == 0:
                return value
            shorter_value = max(value * share, LENGTHS[key])
            return shorter_value if key == "minutes" else int(shorter_value)

        return {k: one(k, v) for k, v in options.items()}

    stages = tuple(Stage(s.name, s.run, s.parents, shorter(s.options)) for s in recipe.stages)
    return Recipe(recipe.tier, tuple(shorter(d) for d in recipe.data), stages)


def flags(options: dict[str, object]) -> list[str]:
    out: list[str] = []
    for key, value in options.items():
        if value is True:
            out.append(f"--{key}")
        elif value is not False:
            out += [f"--{key}", str(value)]
    return out


def command(recipe: Recipe, stage: Stage, data: Path, runs: Path, cache: Path) -> list[str]:
    """Arguments of Python that run a stage."""
    name, out = recipe.folder(stage.name), [str(HERE / f"{stage.run}.py")]
    parent = {role: recipe.folder(of) for role, of in stage.parents.items()}
    if stage.run in ("train", "quantize"):
        out += ["--data", str(data), "--tier", recipe.tier]
    if stage.run == "merge":
        out += ["--tier", recipe.tier]
    if stage.run == "quantize":
        out += ["--run", str(runs / parent["run"]), "--out", str(runs / name), "--cache", str(cache)]
    elif stage.run == "average":
        out += ["--runs", str(runs), "--name", name, "--of", parent["first"], parent["second"]]
    else:
        out += ["--runs", str(runs), "--cache", str(cache), "--name", name]
        for role, folder in parent.items():
            file = ROLES[stage.run][role]
            out += [f"--{role}", folder if file is None else str(runs / folder / file)]
    out += flags(stage.options)
    if stage.run == "train" and (runs / name / "checkpoint.pt").exists():
        out.append("--resume")
    return out


def data_command(options: dict[str, object], data: Path, cache: Path) -> list[str]:
    return [str(HERE / "degrade.py"), "--data", str(data), "--cache", str(cache), *flags(options)]


def shown(arguments: list[str]) -> str:
    return " ".join(["python", *arguments])


def run(arguments: list[str]) -> float:
    """Runs a script to its end; returns minutes."""
    begin = time.time()
    subprocess.run([sys.executable, *arguments], check=True)
    return round((time.time() - begin) / 60, 1)


def history(recipe: Recipe, runs: Path) -> list[dict[str, object]]:
    """What was run so far, first to last, with each stage's parents by hash: what the manifest says of the weights."""
    out: list[dict[str, object]] = []
    for stage in recipe.stages:
        done = runs / recipe.folder(stage.name) / "done.json"
        known = json.loads(done.read_text()) if done.exists() else {}
        parents = {role: recipe.digest(of) for role, of in stage.parents.items()}
        entry = {"stage": stage.name, "hash": recipe.digest(stage.name), "run": stage.run, **stage.options}
        out.append({**entry, **({"from": parents} if parents else {}), **known})
    return out


def history_table(recipe: Recipe, runs: Path) -> str:
    """The history as Markdown, for the card."""
    rows = ["| stage | hash | run | options | from | minutes |", "| --- | --- | --- | --- | --- | --- |"]
    for stage, entry in zip(recipe.stages, history(recipe, runs), strict=True):
        options = " ".join(flags(stage.options)) or "–"
        parents = ", ".join(f"{role}: {of}" for role, of in stage.parents.items()) or "nothing"
        rows.append(f"| {stage.name} | `{entry['hash']}` | {stage.run} | {options} | {parents} | {entry.get('minutes', 'not run')} |")
    return "\n".join(rows)


def ship(recipe: Recipe, data: Path, runs: Path) -> None:
    last = runs / recipe.folder(recipe.stages[-1].name)
    stages = runs / "history.json"
    stages.write_text(json.dumps(history(recipe, runs)))
    export = [str(HERE / "export.py"), "--tier", recipe.tier, "--run", str(last), "--history", str(stages)]
    run(export)
    quality = runs / "quality.json"
    run([str(HERE / "evaluate.py"), "--data", str(data), "--json", str(quality)])
    run([*export, "--quality", str(quality)])
    run([str(HERE / "check.py")])


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("recipe", type=Path)
    p.add_argument("--data", type=Path, help="folder of HR pictures and clips; not needed for --history")
    p.add_argument("--runs", type=Path, default=HERE / "runs")
    p.add_argument("--until", help="stop after this stage")
    p.add_argument("--share", type=float, default=1, help="of every length; below 1 nothing ships")
    p.add_argument("--dry-run", action="store_true", help="print the commands and run none")
    p.add_argument("--history", action="store_true", help="print the stages as Markdown and stop")
    p.add_argument("--ship", action="store_true", help="judge the last stage and write the model's folder")
    args = p.parse_args()
    recipe = parse(args.recipe.read_text())
    if args.share != 1:
        recipe = shortened(recipe, args.share)
    runs = args.runs / args.recipe.stem
    if args.history:
        print(history_table(recipe, runs))
        return
    if args.data is None:
        p.error("--data is needed to run a recipe")
    if args.ship and args.share != 1:
        p.error("--ship: a shortened recipe does not ship")
    if args.until is not None and args.until not in recipe.by_name:
        p.error(f"--until {args.until}: stages are {', '.join(recipe.by_name)}")
    cache = args.runs / recipe.cache_name
    for options in recipe.data:
        arguments = data_command(options, args.data, cache)
        print(shown(arguments), flush=True)
        if not args.dry_run:
            run(arguments)
    for at, stage in enumerate(recipe.stages, 1):
        folder = runs / recipe.folder(stage.name)
        arguments = command(recipe, stage, args.data, runs, cache)
        done = folder / "done.json"
        print(f"stage {at}/{len(recipe.stages)} {stage.name}: {'done before' if done.exists() else shown(arguments)}", flush=True)
        if not args.dry_run and not done.exists():
            minutes = run(arguments)
            if not (folder / RESULT.get(stage.run, "checkpoint.pt")).exists():
                raise SystemExit(f"stage {stage.name} left no {RESULT.get(stage.run, 'checkpoint.pt')} in {folder}")
            done.write_text(json.dumps({"minutes": minutes}))
        if stage.name == args.until:
            return
    if args.ship and not args.dry_run:
        ship(recipe, args.data, runs)


if __name__ == "__main__":
    main()
