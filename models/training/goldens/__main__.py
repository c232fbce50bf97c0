"""Writes the op goldens: `python models/training/goldens [op ...]` (all by default) into models/reference/."""

import importlib
import pkgutil
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import goldens  # noqa: E402


def main() -> None:
    wanted = sys.argv[1:]
    for info in sorted(pkgutil.iter_modules(goldens.__path__), key=lambda info: info.name):
        if info.name.startswith("_") or info.name in ("common", "deviating") or (wanted and info.name not in wanted):
            continue
        golden = importlib.import_module(f"goldens.{info.name}").build()
        path = golden.write()
        print(f"{path.name}: {len(golden.cases)} cases, {path.stat().st_size / 1024:.0f} KiB")


main()
