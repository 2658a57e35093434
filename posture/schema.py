"""The JSON Schemas of what we write and of what we read, made from the types.

`python -m posture.schema` writes both again: `schemas/assessment.schema.json` and `schemas/posture.schema.json`.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

from posture import assessment, scope
from posture.atomic import replacing

__all__ = ["FOLDER", "assessment_schema", "configuration_schema", "files", "main"]

FOLDER = Path(__file__).parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def assessment_schema() -> dict[str, Any]:
    """The schema of `assessment.json`. Required is every key that is always written."""
    schema = msgspec.json.schema(assessment.Assessment)
    for struct, definition in schema["$defs"].items():
        if definition.get("type") == "object":
            definition["required"] = _always_written(getattr(assessment, struct))
    return _finished(schema, f"urn:{assessment.SCHEMA.replace('/', ':')}")


def configuration_schema() -> dict[str, Any]:
    """The schema of `posture.toml`, for editors. `posture` itself checks more than a schema can say."""
    return _finished(msgspec.json.schema(scope.Scope), "urn:posture:configuration:1")


def files() -> dict[Path, bytes]:
    """The schema files and what they hold."""
    return {
        FOLDER / name: msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
        for name, schema in (
            ("assessment.schema.json", assessment_schema()),
            ("posture.schema.json", configuration_schema()),
        )
    }


def main() -> None:
    """Write the schema files."""
    for path, data in files().items():
        with replacing(path) as temporary:
            temporary.write_bytes(data)
            temporary.chmod(0o644)


def _finished(schema: dict[str, Any], identifier: str) -> dict[str, Any]:
    for definition in schema["$defs"].values():
        if "description" in definition:  # a docstring: Python 3.13 takes its indentation away, 3.11 does not
            definition["description"] = inspect.cleandoc(definition["description"])
    return {"$schema": _DIALECT, "$id": identifier, **schema}


def _always_written(struct: type[msgspec.Struct]) -> list[str]:
    """The keys that the encoder never leaves out: it omits none but plain defaults, and only where told to."""
    return [
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if not struct.__struct_config__.omit_defaults or field.default is msgspec.NODEFAULT
    ]


if __name__ == "__main__":
    main()
