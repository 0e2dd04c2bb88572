"""Who somebody is: people, what they sign in with, their sessions, and the access tokens that stand for them."""

from clientnest.identity.people import Person, create_person, person, set_password, sign_in
from clientnest.identity.sessions import Client
from clientnest.identity.tokens import ACCESS_TOKEN_LIFETIME, AccessToken, issue_token, verify_token

__all__ = [
    "ACCESS_TOKEN_LIFETIME",
    "AccessToken",
    "Client",
    "Person",
    "create_person",
    "issue_token",
    "person",
    "set_password",
    "sign_in",
    "verify_token",
]
