"""The tables of `gpu.sh` from the JSON that is there: what training costs, how fast the pipelines predict."""

import argparse
import json
import sys
from pathlib import Path
from typing import List

from ..costs.headings import COSTS, SPEED, Row, compare_speeds, make_page_table


def read(path: Path) -> List[Row]:
    """RETURNS (List[Row]): the rows of a benchmark, none if it was not run."""
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else []


def main(folder: Path) -> int:
    """Print the tables. RETURNS (int): the exit status, 1 if there is nothing to tell."""
    costs = read(folder / "costs.json") or read(folder / "mcl.json")
    found = [(columns, [row for row in costs if name in row]) for name, columns in COSTS.items()]
    found.append((SPEED, compare_speeds(read(folder / "speed.json"))))
    tables = [make_page_table(columns, rows) for columns, rows in found if rows]
    print("\n\n".join(tables) if tables else f"No figures in {folder}.")
    return int(not tables)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what gpu.sh wrote")
    sys.exit(main(parser.parse_args().folder))
