"""What is counted of calls; the process's metrics extend it."""

from switchyard_phone.domain.caller_events import By, Result
from switchyard_phone.domain.calls import Ended, Quality, Transfer


class CallMeter:
    """Counts nothing."""

    def arrived(self, line: str) -> None:
        """A call was let in."""

    def missed(self, why: str) -> None:
        """A question went unanswered: `no_input`, nothing came; `no_match`, not what was asked."""

    def looked_up(self, outcome: str) -> None:
        """It became known whose number calls, or not."""

    def answered(self, seconds: float) -> None:
        """It was answered, so long after it arrived."""

    def ended(self, cause: Ended, seconds: float, quality: Quality | None) -> None:
        """It is over; `quality` is None where nothing was heard."""

    def key(self) -> None:
        """A caller pressed a key."""

    def barge_in(self, by: By = By.KEY) -> None:
        """A key or a voice silenced what was being said."""

    def heard(self, result: Result) -> None:
        """What became of words, or of the time that there was for them."""

    def confirmed(self, answer: str) -> None:
        """A caller was asked whether words were understood rightly: yes or no."""

    def recognized(self, outcome: str, seconds: float) -> None:
        """From the end of speech to `final`, `no_match`, `down`, or `dropped`."""

    def deafened(self) -> None:
        """The recogniser did not answer."""

    def turn(self, outcome: str, seconds: float) -> None:
        """The bot answered, or did not (`away`)."""

    def transfer(self, outcome: Transfer, status: int | None) -> None:
        """A transfer came to its end."""

    def person(self, outcome: str) -> None:
        """A wish for a person came to its end: joined, left, called_back, or why not."""

    def unspoken(self) -> None:
        """Something could not be said: no voice."""

    def survey(self, outcome: str) -> None:
        """A survey ended: `answered`, `not_answered`, or why nobody was asked."""
