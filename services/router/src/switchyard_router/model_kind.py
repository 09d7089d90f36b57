"""What a model may predict: apart, so that commands start without what training needs."""

from enum import StrEnum


class Kind(StrEnum):
    """What a model predicts."""

    HANDLE_TIME = "handle_time"
    RESOLUTION = "resolution"
