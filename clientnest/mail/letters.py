"""What the letters say: one plain text each, with the link that the letter is about on a line of its own."""

from collections.abc import Mapping
from enum import StrEnum


class Letter(StrEnum):
    """A kind of letter."""

    VERIFY_ADDRESS = "verify_address"
    ADDRESS_TAKEN = "address_taken"
    RESET_PASSWORD = "reset_password"  # noqa: S105 (a kind of letter)
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a kind of letter)
    CHANGE_ADDRESS = "change_address"
    ADDRESS_CHANGED = "address_changed"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    SESSION_STOLEN = "session_stolen"
    INVITATION = "invitation"
    REVIEW_LINK = "review_link"
    NOTIFICATION = "notification"
    DIGEST = "digest"


_WORDS: Mapping[Letter, tuple[str, str]] = {
    Letter.VERIFY_ADDRESS: (
        "Is this your address?",
        "Somebody, most likely you, signed up for ClientNest with this address. To say that it is yours, open\n\n{link}"
        "\n\nThe link works for {hours} hours. If it was not you, do nothing: without it nobody can sign in.",
    ),
    Letter.ADDRESS_TAKEN: (
        "You have a login already",
        "Somebody, most likely you, tried to sign up for ClientNest with this address, which has a login already. "
        "If you forgot the password, ask for a new one where you sign in. If it was not you, do nothing.",
    ),
    Letter.RESET_PASSWORD: (
        "A new password",
        "To choose a new password for ClientNest, open\n\n{link}\n\nThe link works once, within {hours} hour. "
        "If you did not ask for it, do nothing: your password stays as it is.",
    ),
    Letter.PASSWORD_CHANGED: (
        "Your password was changed",
        "The password of your ClientNest login was changed, and whoever was signed in with it was signed out. "
        "If that was not you, ask for a new password where you sign in, at once.",
    ),
    Letter.CHANGE_ADDRESS: (
        "Is this your new address?",
        "To sign in to ClientNest with this address from now on, open\n\n{link}\n\nThe link works for {hours} hours. "
        "If you did not ask for it, do nothing.",
    ),
    Letter.ADDRESS_CHANGED: (
        "Your address was changed",
        "Your ClientNest login has another address now: {address}. If that was not you, tell whoever runs this "
        "installation at once.",
    ),
    Letter.SECOND_FACTOR_CHANGED: (
        "How you sign in was changed",
        "{change} If that was not you, change your password and end all sessions, at once.",
    ),
    Letter.SESSION_STOLEN: (
        "You were signed out for your safety",
        "A session of yours was used from two places at once, as a stolen one would be. It was ended on both. "
        "Sign in again; if you did not expect this, change your password as well.",
    ),
    Letter.INVITATION: (
        "You are invited to {workspace}",
        "{inviter} invites you to the workspace {workspace} on ClientNest, as {role}. To accept, open\n\n{link}\n\n"
        "The link works for {days} days, and only for this address.",
    ),
    Letter.REVIEW_LINK: (
        "{workspace} asks what you think of a post",
        "For {name}: to look at the post, and to approve it or ask for changes, open\n\n{link}\n\n"
        "The link works for {days} days, without signing in. Whoever has it can decide, so pass it on to nobody.",
    ),
    Letter.NOTIFICATION: (
        "{title}",
        "{body}\n\n{link}\n\nYou get this letter at once because that is how you hear of {about} in {workspace}. "
        "To get no more such letters, open\n\n{unsubscribe}",
    ),
    Letter.DIGEST: (
        "{count} you have not seen",
        "This happened while you were not looking on:\n{lines}\n\n{link}\n\nDigests come in the morning, when there is "
        "something to say. To get no more of them, open\n\n{unsubscribe}",
    ),
}


def words(letter: Letter, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and text of a letter. Values are put in as they are, without line breaks or other control characters:
    the name of a workspace cannot add a header, nor a paragraph of its own. A tuple is as many lines."""
    subject, body = _WORDS[letter]
    clean = {name: _clean(value) for name, value in values.items()}
    return f"{subject.format_map(clean)} · ClientNest", f"{body.format_map(clean)}\n"


def _clean(value: object) -> str:
    return "\n".join(_on_one_line(str(line)) for line in (value if isinstance(value, tuple) else (value,)))


def _on_one_line(value: str) -> str:
    return "".join(character if character.isprintable() else " " for character in value)[:500]
