"""What signing in takes and gives."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name
from clientnest.identity import ACCESS_TOKEN_LIFETIME
from clientnest.identity.sessions import SignedIn

Email = Field(min_length=1, max_length=320, examples=["ada@example.org"])
Password = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])
OneTime = Field(min_length=1, max_length=200, description="From the link in the letter.", examples=["pN3…"])
Code = Field(min_length=1, max_length=64, description="Six digits of the app, or a recovery code.", examples=["123456"])


class Credentials(Body):
    """An e-mail address and its password, as JSON."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "demo@clientnest.local", "password": "shown by make run"}]}
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
    """Send `access_token` as `Authorization: Bearer …` until `expires_in` seconds have passed; then get the next pair
    with `refresh_token`, which works once."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (the kind of token)
    expires_in: int = Field(examples=[900])
    refresh_token: str

    @classmethod
    def of(cls, signed_in: SignedIn) -> "Token":
        return cls(
            access_token=signed_in.access_token,
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=signed_in.refresh_token,
        )


class SecondFactorIn(Body):
    """The second step: the token of the first, and a code."""

    token: str = Field(min_length=1, max_length=200, examples=["pN3…"])
    code: str = Code


class RefreshIn(Body):
    refresh_token: str = Field(min_length=1, max_length=200, examples=["pN3…"])


class SignUpIn(Body):
    """Somebody who wants a login."""

    email: str = Email
    name: Name = Field("", max_length=200, examples=["Ada"])
    password: str = Password


class VerifyIn(Body):
    """The link of the letter, and the password chosen at signing up: together they make the login."""

    token: str = OneTime
    password: str = Password


class ResetIn(Body):
    email: str = Email


class ResetConfirmIn(Body):
    token: str = OneTime
    password: str = Password


class AddressConfirmIn(Body):
    token: str = OneTime


class LetterSent(BaseModel):
    """The same whether the address has a login or not: only its letter box learns that."""

    detail: str = "A letter is on its way."


class ProviderOut(BaseModel):
    """Somewhere else to sign in with."""

    key: str = Field(examples=["company"])
    name: str = Field(examples=["Company login"])


class ProviderList(BaseModel):
    items: list[ProviderOut]


class BegunOut(BaseModel):
    """Send the browser to `url`, and keep `token` on this device until it comes back with `state` and `code`."""

    url: str
    token: str


class ProviderAnswerIn(Body):
    token: str = Field(min_length=1, max_length=200, examples=["pN3…"])
    state: str = Field(min_length=1, max_length=200, examples=["x7Q…"])
    code: str = Field(min_length=1, max_length=2000, examples=["a1B…"])
