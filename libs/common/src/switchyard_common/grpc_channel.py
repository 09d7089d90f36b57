"""Client side of gRPC: channels that fail fast, and deadlines that are passed on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

from switchyard_common.bearer import BearerToken
from switchyard_common.certificate import Renewed, certificate_of
from switchyard_common.renewed_channel import OpenChannel, RenewedChannel
from switchyard_common.settings import TlsFiles
from switchyard_common.tracing import interceptors

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
KEEPALIVE_MS = 20_000
KEEPALIVE_TIMEOUT_MS = 5_000

_OPTIONS = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.enable_retries", 0),  # retries are the caller's, with its request_id
    ("grpc.enable_http_proxy", 0),
    # Where a name has several addresses (replicas), calls and streams are spread over them.
    ("grpc.lb_policy_name", "round_robin"),
    # A channel's connections are its own: one that is opened anew does not inherit a dying one.
    ("grpc.use_local_subchannel_pool", 1),
    # A server that is back is found again within two seconds.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


def open_channel(
    target: str, tls: TlsFiles | None = None, token_file: Path | None = None
) -> grpc.aio.Channel:
    """A channel to `host:port`; use it as an `async with`, or close it.

    If the name has several addresses, `dns:///name:port` in particular, calls go round them all.

    Plaintext without `tls`, mutual TLS with it, with the files as they are when a call begins.
    `token_file` holds a bearer token that each call
    shows, and may be replaced at any time. Calls do not wait for a connection: a server that
    is down gives UNAVAILABLE at once. Connects with the first call.
    """
    shown: Sequence[grpc.aio.ClientInterceptor] = (
        *interceptors(),
        *(BearerToken(token_file).interceptors() if token_file is not None else ()),
    )
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS, interceptors=shown)

    certificate = certificate_of(tls)

    def connect(_: TlsFiles) -> OpenChannel:
        newest = certificate.current()
        credentials = grpc.ssl_channel_credentials(
            root_certificates=newest.ca,
            private_key=newest.key,
            certificate_chain=newest.cert,
        )
        return OpenChannel(
            grpc.aio.secure_channel(target, credentials, options=_OPTIONS, interceptors=shown)
        )

    return RenewedChannel(Renewed(certificate, connect))


def remaining(context: grpc.aio.ServicerContext[Any, Any], at_most_seconds: float) -> float:
    """The timeout, in seconds, for a call made while serving another.

    What is left of the incoming deadline, but not more than `at_most_seconds`.
    """
    left = context.time_remaining()
    return at_most_seconds if left is None else min(left, at_most_seconds)
