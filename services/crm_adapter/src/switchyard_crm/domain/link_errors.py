"""Why customers cannot be linked, merged or parted: each names the field and the fix."""

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation


def _error(kind: ErrorKind, reason: str, field: str, fix: str) -> DomainError:
    return DomainError(
        kind=kind,
        reason=reason,
        message=f"{field}: {fix}",
        violations=(FieldViolation(field, fix, reason),),
    )


def no_customer(field: str) -> DomainError:
    """There is no such customer."""
    fix = "there is no such customer; Resolve finds the name of a customer"
    return _error(ErrorKind.NOT_FOUND, "CUSTOMER_NOT_FOUND", field, fix)


def already_one(field: str) -> DomainError:
    """Both are one customer as it is."""
    fix = "belongs to this customer already; there is nothing to do"
    return _error(ErrorKind.PRECONDITION, "ALREADY_ONE_CUSTOMER", field, fix)


def kept_apart(field: str) -> DomainError:
    """A person said that they are two."""
    fix = "somebody declared these to be two people; Merge with overrule if that was wrong"
    return _error(ErrorKind.PRECONDITION, "KEPT_APART", field, fix)


def too_many_records(field: str, cap: int) -> DomainError:
    """Together they would be too large."""
    fix = (
        f"together they would have more than {cap} records, which is no one person; "
        "look whether one of them is several people, and Unlink what is wrong"
    )
    return _error(ErrorKind.PRECONDITION, "TOO_MANY_RECORDS", field, fix)


def no_merge(field: str) -> DomainError:
    """Nothing was merged under that id."""
    fix = "there is no such merge; Merge and DecideReview return its id"
    return _error(ErrorKind.NOT_FOUND, "MERGE_NOT_FOUND", field, fix)


def already_unmerged(field: str) -> DomainError:
    """The merge was taken back before."""
    fix = "was taken back already; there is nothing to do"
    return _error(ErrorKind.PRECONDITION, "ALREADY_UNMERGED", field, fix)


def not_linked(field: str) -> DomainError:
    """The customer does not have it."""
    fix = "is not tied to this customer; GetContext shows what is"
    return _error(ErrorKind.NOT_FOUND, "NOT_LINKED", field, fix)


def of_another(field: str) -> DomainError:
    """The record has other company."""
    fix = "belongs to another customer; Merge the two, or Unlink it from that one first"
    return _error(ErrorKind.PRECONDITION, "RECORD_OF_ANOTHER_CUSTOMER", field, fix)


def only_record(field: str) -> DomainError:
    """There is nothing it could be parted from."""
    fix = "is the customer's only record; there is nothing to untie it from"
    return _error(ErrorKind.PRECONDITION, "ONLY_RECORD", field, fix)


def no_review(field: str) -> DomainError:
    """Nothing is suspected under that name."""
    fix = "there is no such review; ListReview returns the names of open ones"
    return _error(ErrorKind.NOT_FOUND, "REVIEW_NOT_FOUND", field, fix)


def already_decided(field: str) -> DomainError:
    """The review is closed."""
    fix = "is decided, or its customers became one in another way; ListReview shows open ones"
    return _error(ErrorKind.PRECONDITION, "ALREADY_DECIDED", field, fix)
