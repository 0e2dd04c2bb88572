"""The signed-in person as the API shows them, and what they may change."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.auth.schemas import Code, Email, Password
from api.body import Body, Name


class Me(BaseModel):
    """The person whose token was sent."""

    id: UUID
    email: str = Field(examples=["demo@clientnest.local"])
    name: str


class MeIn(Body):
    name: Name = Field(min_length=1, max_length=200, examples=["Ada Lovelace"])


class PasswordIn(Body):
    current: str = Password
    password: str = Password


class AddressIn(Body):
    password: str = Password
    email: str = Email


class SessionOut(BaseModel):
    """A device that is signed in."""

    id: UUID
    method: str = Field(examples=["password"])
    second_factor: bool
    user_agent: str | None
    address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool = Field(description="The one this was asked in.")


class SessionList(BaseModel):
    items: list[SessionOut]


class AuthenticatorOut(BaseModel):
    """What an authenticator app needs. It is in force once a code of it is confirmed."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXP"])
    uri: str = Field(examples=["otpauth://totp/ClientNest:ada%40example.org?secret=…"])
    picture: str = Field(description="The address as a QR code, SVG.")


class CodeIn(Body):
    code: str = Code


class RecoveryCodes(BaseModel):
    """Each signs in once in the place of a code of the app. They are shown this once."""

    recovery_codes: list[str]


class ChallengeOut(BaseModel):
    """What to give to `navigator.credentials`, and the token that its answer is sent with."""

    token: str
    options: dict[str, Any]


class PasskeyIn(Body):
    """What `navigator.credentials.create` made, as JSON (`PublicKeyCredential.toJSON()`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"token": "pN3…", "name": "My phone",
         "credential": {"id": "…", "rawId": "…", "type": "public-key", "response": {}}}
    ]})  # fmt: skip

    token: str = Field(min_length=1, max_length=200)
    name: Name = Field("", max_length=100)
    credential: dict[str, Any]


class PasskeyOut(BaseModel):
    id: UUID
    name: str
    transports: list[str]
    backed_up: bool = Field(description="It lives in a password manager or cloud, not in one device only.")
    created_at: datetime
    last_used_at: datetime | None


class PasskeyList(BaseModel):
    items: list[PasskeyOut]
