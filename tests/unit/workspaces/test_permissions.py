"""Who may do what: the printed table is the true one, and some rows of it that must never change by accident."""

from pathlib import Path

from clientnest.workspaces import Permission, WorkspaceRole
from clientnest.workspaces.permissions import NO_KEYS, TABLE, allows, as_markdown


def test_the_docs_print_the_table() -> None:
    assert (Path(__file__).parents[3] / "docs" / "permissions.md").read_text() == as_markdown()


def test_every_permission_has_a_row_and_the_owner_has_them_all() -> None:
    assert set(TABLE) == set(Permission)
    assert all(allows(WorkspaceRole.OWNER, permission) for permission in Permission)


def test_clients_see_results_and_review_posts_and_see_nothing_of_how_the_team_works() -> None:
    seen = {permission for permission in Permission if allows(WorkspaceRole.CLIENT, permission)}
    assert seen == {
        Permission.WORKSPACE_READ, Permission.RESULTS_READ, Permission.CONTENT_READ, Permission.CONTENT_COMMENT,
        Permission.CONTENT_APPROVE,
    }  # fmt: skip


def test_no_key_makes_keys_or_members_or_says_that_a_person_looked() -> None:
    assert {
        Permission.CONTENT_APPROVE,
        Permission.KEYS_MANAGE,
        Permission.MEMBERS_MANAGE,
        Permission.WORKSPACE_TRANSFER,
    } <= NO_KEYS
