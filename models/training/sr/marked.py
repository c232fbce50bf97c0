"""Pages that hold what a command printed, between two marks; what is written by hand around them stays."""

from __future__ import annotations

from pathlib import Path


def insert(page: Path, command: str, text: str) -> None:
    """Replaces what stands between the marks of `command` (`report.py`)."""
    begin, end = (f"<!-- printed by {command}: {which} -->" for which in ("begin", "end"))
    old = page.read_text()
    if old.count(begin) != 1 or old.count(end) != 1:
        raise ValueError(f"{page}: '{begin}' and '{end}' must be there once each")
    before, rest = old.split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
