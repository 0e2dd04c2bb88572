"""Accounts of networks: connecting them with OAuth, keeping their access fresh, and saying when somebody has to act."""

from clientnest.accounts.apps import (
    KeptApp,
    add_app,
    find_app,
    kept_app,
    kept_apps,
    remove_app,
    replace_app,
    save_app,
)
from clientnest.accounts.connecting import CONNECTION_LIFETIME, Begun, Connected, begin_connection, finish_connection
from clientnest.accounts.credentials import NotConnected, access, disconnect
from clientnest.accounts.health import AccountHealth, health
from clientnest.accounts.offering import Offered, offered
from clientnest.accounts.protocol import App, Identity, OAuthNetwork, Renewal, Tokens, oauth_network
from clientnest.accounts.renewal import Renewed, due, refresh_account, refresh_due
from clientnest.accounts.resolving import network_of, server_of
from clientnest.accounts.servers import keep_registered, needs_registering, redirect_uri, register, server_named

__all__ = [
    "CONNECTION_LIFETIME",
    "AccountHealth",
    "App",
    "Begun",
    "Connected",
    "Identity",
    "KeptApp",
    "NotConnected",
    "OAuthNetwork",
    "Offered",
    "Renewal",
    "Renewed",
    "Tokens",
    "access",
    "add_app",
    "begin_connection",
    "disconnect",
    "due",
    "find_app",
    "finish_connection",
    "health",
    "keep_registered",
    "kept_app",
    "kept_apps",
    "needs_registering",
    "network_of",
    "oauth_network",
    "offered",
    "redirect_uri",
    "refresh_account",
    "refresh_due",
    "register",
    "remove_app",
    "replace_app",
    "save_app",
    "server_named",
    "server_of",
]
