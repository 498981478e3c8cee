"""Asks a host's health over TLS with Python's gRPC, whose TLS is not the host's. Prints SERVING, or why not.

Arguments: ADDRESS CA [NAME [CERTIFICATE KEY]]; NAME is "-" where the address is the name.
"""

import sys
from pathlib import Path

import grpc

# HealthCheckResponse with status SERVING (grpc.health.v1).
SERVING = b"\x08\x01"

address, ca, name, certificate, key = [*sys.argv[1:], *[None] * 4][:5]
read = lambda path: path and Path(path).read_bytes()
trusted = grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))
options = [("grpc.ssl_target_name_override", name)] if name not in (None, "-") else []
with grpc.secure_channel(address, trusted, options) as channel:
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    try:
        answer = check(b"", timeout=20)
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    print("SERVING" if answer == SERVING else answer)
