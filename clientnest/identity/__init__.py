"""Who somebody is: people, their passwords, and the access tokens that stand for a signed-in person."""

from clientnest.identity.people import Person, create_person, person, set_password, sign_in
from clientnest.identity.tokens import ACCESS_TOKEN_LIFETIME, AccessToken, issue_token, verify_token

__all__ = [
    "ACCESS_TOKEN_LIFETIME",
    "AccessToken",
    "Person",
    "create_person",
    "issue_token",
    "person",
    "set_password",
    "sign_in",
    "verify_token",
]
