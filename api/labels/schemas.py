"""Labels as the API takes and shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name
from clientnest.content.labels import GREY, LONGEST_NAME

LabelName = Annotated[
    Name, Field(min_length=1, max_length=LONGEST_NAME, description="Once in a workspace, whatever its case.")
]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", description="`#` and six hexadecimal digits.")]


class LabelIn(Body):
    """A new label."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Spring", "colour": "#16a34a"}]})

    name: LabelName
    colour: Colour = GREY


class LabelChange(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"colour": "#dc2626"}]})

    name: LabelName | None = None
    colour: Colour | None = None


class LabelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Spring"])
    colour: str = Field(examples=["#16a34a"])
    posts: int = Field(description="How many that you see have it, without the trash.")
    revision: int
    created_by: UUID | None
    created_at: datetime


class LabelList(BaseModel):
    """By name."""

    items: list[LabelOut]
