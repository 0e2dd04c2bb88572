"""What signing in takes and gives."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """An e-mail address and its password, as JSON."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "demo@clientnest.local", "password": "shown by make run"}]},
    )

    email: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class PasswordForm(BaseModel):
    """The same as a form, as OAuth 2 clients and the Authorize button of /docs send it."""

    model_config = ConfigDict(extra="ignore")

    grant_type: Literal["password"] = "password"
    username: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class Token(BaseModel):
    """Send `access_token` as `Authorization: Bearer …` until `expires_in` seconds have passed."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (the kind of token)
    expires_in: int = Field(examples=[3600])
