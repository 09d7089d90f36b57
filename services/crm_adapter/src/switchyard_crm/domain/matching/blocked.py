"""Values that are no one's: what people and machines write where they have to write something."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind

_DIGITS = 8
# 13800138000 and 13800000000 stand on many forms; digits in a row, or eight times one digit, too.
_PHONES = frozenset(("+8613800138000", "+8613800000000", "+8613900000000", "+8613012345678"))
_ROWS = frozenset(("12345678", "01234567", "23456789", "87654321", "98765432"))
_MAILBOXES_TEXT = """
test tester testing test1 test123 no none noemail nomail no-email no.email nobody null nil na n.a
unknown anonymous noreply no-reply no_reply donotreply example sample user guest default dummy fake
abc aaa xxx xyz asdf qwerty 123 1234 12345 123456 a x
info sales office support service contact admin administrator postmaster webmaster hr hello mail
enquiries reception frontdesk kefu hotline accounts billing
"""
_MAILBOXES = frozenset(_MAILBOXES_TEXT.split())
_MAIL_HOSTS = frozenset(
    ("test.com", "test.cn", "noemail.com", "none.com", "no.com", "email.invalid", "na.com")
)
_NOTHING = re.compile(r"[\W0_]*|null|none|nil|undefined|nan|test|unknown|n/?a", re.I)


@dataclass(frozen=True, slots=True)
class BlockedValues:
    """Which identifiers prove nothing, whoever holds them; `values` are added to the defaults.

    A value is in its comparable form (+8613800138000, test@example.com), or `@host` for all
    addresses of a mail host.
    """

    values: frozenset[str] = frozenset()

    def holds(self, identifier: Identifier) -> bool:
        """Whether this identifier is blocked."""
        if identifier.value.lower() in self.values:
            return True
        match identifier.kind:
            case IdentifierKind.PHONE:
                return _is_placeholder_phone(identifier.value)
            case IdentifierKind.EMAIL:
                return self._blocks_email(identifier.value)
            case _:
                return _NOTHING.fullmatch(identifier.value) is not None

    def is_nobodys(self, identifier: Identifier) -> bool:
        """Whether it cannot tell who somebody is, though only one holds it: a placeholder number,
        or what the operator lists. Mailboxes as info@ do: they only prove no records to be one."""
        if identifier.value.lower() in self.values:
            return True
        return identifier.kind is IdentifierKind.PHONE and _is_placeholder_phone(identifier.value)

    def among(self, identifiers: Iterable[Identifier]) -> frozenset[Identifier]:
        """Those of the identifiers that are blocked."""
        return frozenset(each for each in identifiers if self.holds(each))

    def _blocks_email(self, address: str) -> bool:
        mailbox, _, host = address.partition("@")
        if mailbox in _MAILBOXES or host in _MAIL_HOSTS or f"@{host}" in self.values:
            return True
        return len(mailbox) > 2 and len(set(mailbox)) == 1


BLOCKED_BY_DEFAULT = BlockedValues()


def blocked_values(listed: str) -> BlockedValues:
    """The defaults, and values as an operator lists them: with commas, in comparable form."""
    return BlockedValues(frozenset(each.strip().lower() for each in listed.split(",")) - {""})


def _is_placeholder_phone(e164: str) -> bool:
    end = e164[-_DIGITS:]
    return e164 in _PHONES or end in _ROWS or len(set(end)) == 1
