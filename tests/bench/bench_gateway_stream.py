"""Memory of the gateway while a gigabyte passes through it, up and down: no schema describes these bodies.

python tests/bench/bench_gateway_stream.py [--megabytes 1024]

Printed is the most resident memory of the gateway's process (VmHWM) after it started, after the upload and
after the download, and the time of each. The system behind counts bytes and hashes them, and so does the
caller; a byte too few or too many is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
from joserfc import jwk

from tests.bench.bench_gateway import running

CONTRACT = Path(__file__).parents[1] / "gateway" / "contracts_streaming.yaml"
UPSTREAM_PORT, GATEWAY_PORT = 18731, 18732
PART = bytes(range(256)) * 4096
SERVE = """
import sys
from pathlib import Path
from gateway.config import FolderSource, GatewayConfig
from gateway.serve import run
folder = Path(sys.argv[1])
run(GatewayConfig(FolderSource(folder / "contracts", folder / "settings.json"),
    {{"files.v1": "http://127.0.0.1:{upstream}"}}, port={port}, access_log=folder / "access.log"))
"""


def serve_files(count: int) -> None:
    """The system behind: one connection after the other, a thread each."""
    listening = socket.create_server(("127.0.0.1", UPSTREAM_PORT))

    def answer(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while head := read_head(reader):
                if head.startswith(b"PUT"):
                    digest = hashlib.sha256()
                    left = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    while left:
                        part = reader.read(min(left, 1 << 20))
                        digest.update(part)
                        left -= len(part)
                    body = orjson.dumps({"bytes": count * len(PART), "sha256": digest.hexdigest()})
                    kind = b"application/json"
                    connection.sendall(answer_head(kind, len(body)) + body)
                else:
                    connection.sendall(answer_head(b"application/octet-stream", count * len(PART)))
                    for _ in range(count):
                        connection.sendall(PART)

    def accept() -> None:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def read_head(reader: object) -> bytes:
    """The head of one request; empty at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline()  # type: ignore[attr-defined]
        if not line:
            return b""
        head += line
    return head


def answer_head(kind: bytes, size: int) -> bytes:
    """The head of an answer of `size` bytes."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, size)


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    """The most resident memory so far, in MiB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def parts(count: int) -> Iterator[bytes]:
    """The body, part by part."""
    for _ in range(count):
        yield PART


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--megabytes", type=int, default=1024)
    count = arguments.parse_args().megabytes
    expected = hashlib.sha256()
    for part in parts(count):
        expected.update(part)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "contracts").mkdir()
        (folder / "contracts" / "files.v1.openapi.yaml").write_bytes(CONTRACT.read_bytes())
        keys = {"keys": [jwk.RSAKey.generate_key(2048).as_dict(private=False)]}
        issuer = {"issuer": "https://issuer.bench", "jwks": keys}
        (folder / "settings.json").write_bytes(orjson.dumps({"issuer": issuer, "consumers": []}))
        (folder / "serve.py").write_text(SERVE.format(upstream=UPSTREAM_PORT, port=GATEWAY_PORT))
        serve_files(count)
        with running(0, [sys.executable, str(folder / "serve.py"), name], GATEWAY_PORT) as gateway:
            print(f"{'':10}{'seconds':>9}{'MiB/s':>8}{'VmHWM MiB':>11}")
            print(f"{'started':10}{'':9}{'':8}{resident_mb(gateway):11.1f}")
            for kind in ("PUT", "GET"):
                connection = http.client.HTTPConnection("127.0.0.1", GATEWAY_PORT, timeout=600)
                started = time.perf_counter()
                lines = {"content-type": "application/octet-stream", "content-length": str(count * len(PART))}
                body, headers = (parts(count), lines) if kind == "PUT" else (None, {})
                connection.request(kind, "/system/files/v1/files/big", body=body, headers=headers)
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                if kind == "PUT":
                    found = orjson.loads(answer.read())["sha256"]
                else:
                    digest = hashlib.sha256()
                    while part := answer.read(1 << 20):
                        digest.update(part)
                    found = digest.hexdigest()
                assert found == expected.hexdigest(), "what came is not what was sent"
                took = time.perf_counter() - started
                print(f"{kind:10}{took:9.1f}{count / took:8.0f}{resident_mb(gateway):11.1f}")


if __name__ == "__main__":
    main()
