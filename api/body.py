"""What every body of a request shares."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A body of a request: a member that is not known is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")
