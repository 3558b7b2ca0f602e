"""What goes over the wire, and where trained models are kept."""

from __future__ import annotations

from ml import LinearModel
from pydantic import BaseModel, Field


class Training(BaseModel):
    x: list[list[float]] = Field(min_length=1)
    y: list[float] = Field(min_length=1)


class Question(BaseModel):
    x: list[list[float]] = Field(min_length=1)


class Answer(BaseModel):
    y: list[float]


class Store:
    """Trained models by name, for the life of the process."""

    def __init__(self) -> None:
        self._models: dict[str, LinearModel] = {}

    def put(self, name: str, model: LinearModel) -> None:
        self._models[name] = model

    def get(self, name: str) -> LinearModel | None:
        return self._models.get(name)
