#!/usr/bin/env python3
"""A client of Patchbay's API as a platform writes one: registers a tenant, looks at flavors and images, and makes, waits
for, shows and deletes a disk. It prints a line an answer. How it is run is in ../README.md.

The stubs are compiled from proto/ at each start, so nothing generated is kept. A platform compiles them once.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import grpc

PROTO = Path(__file__).resolve().parents[2] / "proto"
# Seconds that a call may take. The host waits for what takes time, and answers before this is over.
CALL_MAX = 60
# How often the disk is looked at, a second apart, where making it takes longer than that.
LOOKS_MAX = 300
# The platform's user in whose name is called.
USER = "example-user"


class Refused(Exception):
    """What there was instead of a success, in words for people."""


def stubs(names):
    """Compiles these files of proto/; the messages and the services of each."""
    with tempfile.TemporaryDirectory() as directory:
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}"]
        out = [f"--python_out={directory}", f"--grpc_python_out={directory}"]
        subprocess.run([*protoc, *out, *(f"{name}.proto" for name in names)], check=True)
        sys.path.insert(0, directory)
        try:
            load = importlib.import_module
            return [(load(f"{name}_pb2"), load(f"{name}_pb2_grpc")) for name in names]
        finally:
            sys.path.remove(directory)


def ids(call):
    """The ids in an answer's metadata, under which the host's log tells of the call."""
    metadata = dict([*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())])
    found = [metadata[key] for key in ("x-request-id", "x-operation-id") if key in metadata]
    return f" ({', '.join(found)})" if found else ""


def ask(name, method, request, show, metadata=()):
    """The answer, after a line with what `show` makes of it. A failure is a code in the answer; what is refused before
    its call begins is a gRPC status. The numbers are the same."""
    try:
        answer, call = method.with_call(request, timeout=CALL_MAX, metadata=metadata)
    except grpc.RpcError as error:
        raise Refused(f"{name}: {error.code().value[0]} {error.details()}{ids(error)}") from None
    if answer.code != 0:
        raise Refused(f"{name}: {answer.code} {answer.msg}{ids(call)}")
    print(f"{name}: {show(answer)}{ids(call)}")
    return answer


def once():
    """Whoever gets no answer to a change sends it again with the same key, and the host does it once."""
    return ("idempotency-key", str(uuid.uuid4()))


def show_tenant(answer):
    return answer.tenant_id


def show_flavors(answer):
    return ", ".join(flavor.flavor_name for flavor in answer.flavors)


def show_images(answer):
    return ", ".join(image.image_name for image in answer.images)


def show_disk(answer):
    disk = answer.cloud_disk
    return f"{disk.volume_name}, {disk.cloud_disk_conf.size_in_g} GiB, {disk.volume_status}"


def show_deleted(answer):
    return f"{answer.volume_id} at {answer.deleted_time}"


def run(channel, token, name):
    compiled = stubs(["tenant", "flavor", "image", "clouddisk"])
    (tenant, tenants), (flavor, flavors), (image, images), (disk, disks) = compiled

    # The operator's token is for this alone; what the tenant asks for carries its api key, which is told this once.
    request = tenant.CreateTenantReq(tenant_name=f"{name}-{uuid.uuid4().hex[:8]}")
    metadata = [("authorization", f"Bearer {token}"), once()]
    create = tenants.TenantServiceStub(channel).CreateTenant
    made = ask("CreateTenant", create, request, show_tenant, metadata)
    who = {"tenant_id": made.tenant_id, "apikey": made.apikey, "platform_userid": USER}

    service = flavors.FlavorServiceStub(channel)
    ask("ListFlavors", service.ListFlavors, flavor.ListFlavorsReq(**who), show_flavors)
    service = images.ImageServiceStub(channel)
    ask("ListImages", service.ListImages, image.ListImagesReq(**who), show_images)

    service = disks.CloudDiskServiceStub(channel)
    size = disk.CloudDiskConf(size_in_g=1)
    request = disk.CreateCloudDiskReq(**who, volume_name=name, cloud_disk_conf=size)
    made = ask("CreateCloudDisk", service.CreateCloudDisk, request, show_disk, [once()])
    which = {**who, "volume_id": made.cloud_disk.volume_id}
    for _ in range(LOOKS_MAX):
        got = ask("GetCloudDisk", service.GetCloudDisk, disk.GetCloudDiskReq(**which), show_disk)
        # Where making it takes longer than a call may, it is answered as it is then, and the host goes on.
        if got.cloud_disk.volume_status != "creating":
            break
        time.sleep(1)
    if got.cloud_disk.volume_status != "available":
        raise Refused(f"the disk {which['volume_id']} is {got.cloud_disk.volume_status}")
    ask("DeleteCloudDisk", service.DeleteCloudDisk, disk.DeleteCloudDiskReq(**which), show_deleted, [once()])


def connect(endpoint, ca):
    """A channel to `http://…`, or to `https://…`, whose certificate is of one of these authorities, or of gRPC's own."""
    if not endpoint.startswith("https://"):
        return grpc.insecure_channel(endpoint.removeprefix("http://"))
    trusted = grpc.ssl_channel_credentials(ca and Path(ca).read_bytes())
    return grpc.secure_channel(endpoint.removeprefix("https://"), trusted)


def main():
    parser = argparse.ArgumentParser(description="Tries Patchbay's API.")
    endpoint = os.environ.get("PATCHBAY_GRPC", "http://127.0.0.1:7000")
    parser.add_argument("--endpoint", default=endpoint, help="the host's gRPC address (PATCHBAY_GRPC)")
    parser.add_argument("--ca", help="who issues the host's certificate, in PEM (PATCHBAY_CA)")
    parser.add_argument("--token", help="the operator's token (PATCHBAY_OPERATOR_TOKEN)")
    parser.add_argument("--name", default="example", help="the disk's name, and how the tenant's begins")
    arguments = parser.parse_args()
    token = arguments.token or os.environ.get("PATCHBAY_OPERATOR_TOKEN")
    if not token:
        parser.error("--token or PATCHBAY_OPERATOR_TOKEN is needed")
    try:
        with connect(arguments.endpoint, arguments.ca or os.environ.get("PATCHBAY_CA")) as channel:
            run(channel, token, arguments.name)
    except Refused as error:
        sys.exit(f"client.py: {error}")


if __name__ == "__main__":
    main()
