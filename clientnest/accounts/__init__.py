"""Accounts of networks: connecting them with OAuth, keeping their access fresh, and saying when somebody has to act."""

from clientnest.accounts.apps import find_app, remove_app, save_app
from clientnest.accounts.connecting import CONNECTION_LIFETIME, Begun, Connected, begin_connection, finish_connection
from clientnest.accounts.credentials import NotConnected, access, disconnect
from clientnest.accounts.health import AccountHealth, health
from clientnest.accounts.protocol import App, Identity, OAuthNetwork, Renewal, Tokens, oauth_network
from clientnest.accounts.renewal import Renewed, due, refresh_account, refresh_due

__all__ = [
    "CONNECTION_LIFETIME",
    "AccountHealth",
    "App",
    "Begun",
    "Connected",
    "Identity",
    "NotConnected",
    "OAuthNetwork",
    "Renewal",
    "Renewed",
    "Tokens",
    "access",
    "begin_connection",
    "disconnect",
    "due",
    "find_app",
    "finish_connection",
    "health",
    "oauth_network",
    "refresh_account",
    "refresh_due",
    "remove_app",
    "save_app",
]
