#!/usr/bin/env python3
"""docs/api/openapi.yaml as JSON in C: document.py OPENAPI.YAML OUT.C"""
import json
import pathlib
import sys

import yaml


def rows(data, width=24):
    for at in range(0, len(data), width):
        yield "\t" + ",".join(str(byte) for byte in data[at:at + width]) + ","


document = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
body = "\n".join(rows(text))
pathlib.Path(sys.argv[2]).write_text(
    f'#include "hub/api/document.h"\n\nconst char api_document[] = {{\n{body}\n}};\nconst size_t api_document_len = sizeof(api_document);\n')
