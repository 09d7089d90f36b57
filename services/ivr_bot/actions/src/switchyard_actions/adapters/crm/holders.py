"""Who something is kept for, in the messages of crm_adapter."""

from switchyard.crm.v1 import customer_pb2 as model

from switchyard_actions.domain.holders import HANDLE, PHONE, Reach


def identifier_of(reach: Reach) -> model.Identifier:
    """A phone number, an e-mail address, or a handle of an app."""
    if reach.kind == HANDLE:
        namespace, _, value = reach.value.partition(":")
        return model.Identifier(kind=model.HANDLE, namespace=namespace, value=value)
    kind = model.PHONE if reach.kind == PHONE else model.EMAIL
    return model.Identifier(kind=kind, value=reach.value)
