"""Answers of the health checks."""

from typing import Literal

from pydantic import BaseModel


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Database and results can be read."""

    status: Literal["ready"] = "ready"
