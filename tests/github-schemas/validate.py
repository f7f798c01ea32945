"""Holds YAML files against a JSON schema: validate.py SCHEMA FILE...

Out: a problem a line, `file: place: what`; nothing when all is well. YAML 1.2, so that `on` is a key.
"""

import json
import sys

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from ruamel.yaml import YAML

schema, *files = sys.argv[1:]
with open(schema) as text:
    validator = Draft7Validator(json.load(text))
for file in files:
    with open(file) as text:
        value = YAML(typ="safe", pure=True).load(text)
    for error in validator.iter_errors(value):
        # Of all ways in which none of several forms fits, the one that comes nearest.
        error = best_match([error])
        print(f"{file}: {error.json_path}: {error.message}")
