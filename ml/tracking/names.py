"""Names in MLflow. A workspace's models carry its id: no workspace ever reads another's, and demo data stays alone."""

from uuid import UUID

from ml.features import Target

CHAMPION = "champion"
CHALLENGER = "challenger"
PERFORMANCE = "performance"
BEST_TIMES = "best-times"
ARTIFACT = "performance"  # the folder inside a model version that holds the saved model


def registered_name(workspace_id: UUID, target: Target = Target.TOTAL) -> str:
    """`performance-<workspace>` for the final total, `performance-<workspace>-24h` and `-7d` for the others."""
    name = f"{PERFORMANCE}-{workspace_id}"
    return name if target is Target.TOTAL else f"{name}-{target.key}"


def from_registered_name(name: str) -> tuple[UUID, Target] | None:
    """The workspace and target of a registered model's name; None for a model that is not ours."""
    rest = name.removeprefix(f"{PERFORMANCE}-")
    try:
        workspace_id = UUID(rest[:36])
    except ValueError:
        return None
    for target in Target:
        if name == registered_name(workspace_id, target):
            return workspace_id, target
    return None
