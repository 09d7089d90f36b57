"""What every connector does, against the real CRM or a fake of its documented API.

Subclasses of `ConnectorContract` give a fixture `world`. What a connector does not declare has to
raise Unsupported: no test is skipped.
"""

from tests.contracts.crm.connector_failing import FailingContract
from tests.contracts.crm.connector_following import FollowingContract
from tests.contracts.crm.connector_reading import ReadingContract
from tests.contracts.crm.connector_writing import WritingContract


class ConnectorContract(ReadingContract, WritingContract, FollowingContract, FailingContract):
    """Mix into a test class that has a fixture `world`."""
