"""The JSON schema of problem documents, from the classes that check them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.kinds import Column


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a document."""
    made = Document.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def keys(model: type[BaseModel] = Document, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Table ("" for the document itself, "prices.peak", ...), key and description of everything that may be written."""
    for name, field in model.model_fields.items():
        yield path, name, field.description or ""
        inner = _table_in(field.annotation)
        if inner is not None:
            yield from keys(inner, f"{path}.{name}".lstrip("."))


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """The table that a key holds; a column of a file is a form that any value may have, and is told once."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return None if issubclass(annotation, Column) else annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part)) is not None), None)
