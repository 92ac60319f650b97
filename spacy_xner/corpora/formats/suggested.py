"""What `xner suggest` adds to tasks, and what tells that nobody has answered them yet."""

from typing import Any, Dict

from .records import Note

# Its names begin so, that no field of the user's has the same.
PREFIX = "xner_"
# The labels of the task are a model's. Labelling tools keep it with an answered task, among the other fields.
PREDICTED = f"{PREFIX}predicted"
UNANSWERED = Note(
    "tasks that nobody has answered are unlabelled: what is marked in them is a prediction", "", loses=True
)


def is_predicted(fields: Dict[str, Any]) -> bool:
    """Check whether a model made the labels that a task was written with.

    fields (Dict[str, Any]): the fields of the task, among them what `suggest` added.
    RETURNS (bool): whether it did.
    """
    return bool(fields.get(PREDICTED))
