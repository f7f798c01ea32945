"""Writes the scripts of a workflow or a composite action into a folder: scripts.py FOLDER FILE...

Each `run` becomes a file FILE-JOB-STEP, by the step's name, or by its number where it has none.
"""

import pathlib
import sys

from ruamel.yaml import YAML

folder, *files = sys.argv[1:]
for file in map(pathlib.Path, files):
    value = YAML(typ="safe", pure=True).load(file.read_text())
    for job, has in value.get("jobs", {"": value.get("runs")}).items():
        for number, step in enumerate(has.get("steps", []), 1):
            if "run" in step:
                name = "-".join([file.stem, job, *step.get("name", str(number)).lower().split()])
                path = pathlib.Path(folder, name.replace(",", ""))
                path.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"])
