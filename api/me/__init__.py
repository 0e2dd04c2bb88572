"""The person who is signed in: name, password, address, sessions, authenticator app."""
