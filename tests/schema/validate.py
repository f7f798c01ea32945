"""Holds JSON files against one of our schemas: validate.py SCHEMA FILE...

Out: a problem a line, `file: place: what`; nothing when all is well. A key that the schema does not name is a problem
here: to a reader it would be one that nobody told him of.
"""

import json
import sys

from jsonschema import Draft202012Validator


def close(node):
    """Lets no object have keys beside those that are named."""
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        for value in node.values():
            close(value)
    elif isinstance(node, list):
        for value in node:
            close(value)


path, *files = sys.argv[1:]
with open(path) as text:
    schema = json.load(text)
Draft202012Validator.check_schema(schema)
close(schema)
for file in files:
    with open(file) as text:
        value = json.load(text)
    for error in Draft202012Validator(schema).iter_errors(value):
        print(f"{file}: {error.json_path}: {error.message}")
