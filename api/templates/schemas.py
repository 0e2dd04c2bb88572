"""Templates as the API takes and shows them, and what they say once they are filled in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from api.body import Body, Name
from api.content.queries import NetworkName
from api.content.schemas import Text, UtmName, UtmValue
from clientnest.content import placeholders
from clientnest.content.filling import LONGEST_VALUE
from clientnest.content.model import MOST_LABELS, MOST_VARIANTS
from clientnest.content.templates import LONGEST_NAME
from clientnest.outbound import LONGEST_URL

MOST_NETWORKS = 50
MOST_VALUES = 200
SYNTAX = (
    "`{{product}}` stands for a value: a name begins with a letter and goes on with letters, digits and `_`. "
    "`{{{{` stands for two braces."
)


def _may_be_web(link: str) -> str:
    if not placeholders.names(link) and not link.startswith(("http://", "https://")):
        raise ValueError("a link begins with https:// or http://, or with a placeholder")
    return link


def _is_placeholder(name: str) -> str:
    if not placeholders.is_name(name):
        raise ValueError("no placeholder has this name: it begins with a letter, goes on with letters, digits and _")
    return name


TemplateName = Annotated[
    Name, Field(min_length=1, max_length=LONGEST_NAME, description="Once in a workspace, whatever its case.")
]
TemplateText = Annotated[Text, Field(description=SYNTAX)]
TemplateLink = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(_may_be_web)]
NetworkTexts = Annotated[
    dict[NetworkName, TemplateText],
    Field(max_length=MOST_NETWORKS, description="By network, where one has a text of its own."),
]
Labels = Annotated[list[UUID], Field(max_length=MOST_LABELS, description="Those of the posts.")]
Value = Annotated[str, Field(max_length=LONGEST_VALUE, description="Kept as it is.")]
Placeholder = Annotated[str, Field(max_length=placeholders.LONGEST_NAME), AfterValidator(_is_placeholder)]

_TEMPLATE: dict[str, JsonValue] = {
    "name": "Market day",
    "text": "{{product}}, today from {{time}}. 🌽",
    "network_texts": {"linkedin": "Meet us at the market: {{product}}, from {{time}}."},
    "link": "https://shop.example.com/{{product}}",
    "utm": {"campaign": "market"},
}


class TemplateIn(Body):
    """A new template. All but its name and labels may hold placeholders."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TEMPLATE]})

    name: TemplateName
    text: TemplateText = ""
    network_texts: NetworkTexts = Field(default_factory=dict)
    first_comment: TemplateText | None = None
    link: TemplateLink | None = None
    utm: dict[UtmName, UtmValue] = Field(default_factory=dict)
    labels: Labels = Field(default_factory=list)


class TemplateChange(Body):
    """What is to change; the rest stays. Texts of networks, `utm` and labels are given as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "{{product}}, from {{time}}."}]})

    name: TemplateName | None = None
    text: TemplateText | None = None
    network_texts: NetworkTexts | None = None
    first_comment: TemplateText | None = Field(None, description="Null: none any more.")
    link: TemplateLink | None = Field(None, description="Null: none any more.")
    utm: dict[UtmName, UtmValue] | None = None
    labels: Labels | None = None


class ListedTemplateOut(BaseModel):
    """A template without its texts."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Market day"])
    networks: list[str] = Field(description="Those that have a text of their own.", examples=[["linkedin"]])
    labels: list[UUID]
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


class TemplateList(BaseModel):
    """By name."""

    items: list[ListedTemplateOut]


class TemplateOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Market day"])
    text: str = Field(description=SYNTAX)
    network_texts: dict[str, str]
    first_comment: str | None
    link: str | None
    utm: dict[str, str]
    labels: list[UUID]
    placeholders: list[str] = Field(
        description="Each once, in the order they come in.", examples=[["product", "time"]]
    )  # fmt: skip
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


class FillIn(Body):
    """What to put in the place of placeholders, and for which accounts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"values": {"product": "corn", "time": "nine"}, "accounts": []}],
        }
    )

    values: dict[Placeholder, Value] = Field(
        default_factory=dict, max_length=MOST_VALUES,
        description="By placeholder. What they hold is text: nothing in them is filled in again.",
    )  # fmt: skip
    accounts: list[UUID] = Field(max_length=MOST_VARIANTS, description="One variant is made for each.")


class FilledVariantOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    text: str
    first_comment: str | None
    link: str | None
    utm: dict[str, str]


class FilledPostOut(BaseModel):
    """A post as `POST …/posts` takes it."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    labels: list[UUID]
    variants: list[FilledVariantOut]


class FilledOut(BaseModel):
    """What the template says. Nothing is kept of it."""

    post: FilledPostOut
    missing: list[str] = Field(description="Placeholders without a value; they stand in the texts as they are.")
    unused: list[str] = Field(description="Values that no placeholder of the template asks for.")
