"""The metric catalogue as JSON."""

from pydantic import BaseModel, ConfigDict, Field

from clientnest.metrics import Aggregation, Grain, Kind, Unit


class ReportedOut(BaseModel):
    """That a network reports a metric: under its `native` name, per its documentation at `source`, maybe `until`."""

    model_config = ConfigDict(from_attributes=True)

    native: str
    source: str
    until: str | None


class MetricOut(BaseModel):
    """One metric: what it means, how it may be combined within one network, and which networks report it."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["impressions"])
    label: str
    description: str
    unit: Unit
    kind: Kind
    aggregation: Aggregation
    grains: list[Grain]
    networks: dict[str, ReportedOut]


class MetricList(BaseModel):
    items: list[MetricOut]
