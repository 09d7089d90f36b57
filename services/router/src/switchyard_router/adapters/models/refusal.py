"""Why a model on disk is not taken into use."""


class ModelRefused(Exception):
    """A model cannot serve. `code` is stable, for metrics; the text is for people."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(f"{code}: {problem}")
        self.code = code
        self.problem = problem
