"""What the table definitions share."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.type_api import TypeEngine

metadata = MetaData()


def uuid(name: str, *, primary_key: bool = False, nullable: bool = False) -> "Column[Any]":
    return Column(name, Uuid, primary_key=primary_key, nullable=nullable)


def text(name: str, *, nullable: bool = False, primary_key: bool = False) -> "Column[Any]":
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


def instant(name: str, *, nullable: bool = False, primary_key: bool = False) -> "Column[Any]":
    """A UTC instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def json(name: str, *, nullable: bool = False) -> "Column[Any]":
    return Column(name, JSONB, nullable=nullable)


def of(name: str, kind: "TypeEngine[Any]", *, nullable: bool = False, primary_key: bool = False) -> "Column[Any]":
    return Column(name, kind, nullable=nullable, primary_key=primary_key)
