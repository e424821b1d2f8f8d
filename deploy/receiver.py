#!/usr/bin/python3
"""Keeps what is uploaded to it: PUT /NAME stores a file, GET and HEAD /NAME give it back.

It stands for the place a migrated disk goes to in the demonstration. A file appears under its name only when it has
arrived whole; a broken upload leaves nothing. Everything is bounded: names, sizes, uploads at a time, idle time.
"""
import argparse
import http.server
import os
import pathlib
import re
import shutil
import tempfile
import threading

NAME = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]{0,127})")
CHUNK_BYTES = 1 << 20
DISK_RESERVE_BYTES = 256 << 20  # never fill the disk to the last byte


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "receiver"
    timeout = 60  # seconds without a byte end the connection

    def do_PUT(self):
        target, length = self._target(), self._length()
        if target is None or length is None:
            return
        if not self.server.uploads.acquire(blocking=False):
            self._refuse(503, "too many uploads at a time")
            return
        try:
            if length > shutil.disk_usage(self.server.directory).free - DISK_RESERVE_BYTES:
                self._refuse(507, "not enough disk space for it")
                return
            existed = target.exists()
            if self._store(target, length):
                self._answer(204 if existed else 201)
        finally:
            self.server.uploads.release()

    def handle_expect_100(self):
        # Refusals come before the body is asked for, so that a client does not send gigabytes for nothing.
        if self.command == "PUT" and (self._target() is None or self._length() is None):
            return False
        return super().handle_expect_100()

    def do_GET(self):
        target = self._target()
        if target is None:
            return
        try:
            with target.open("rb") as file:
                self._answer(200, os.fstat(file.fileno()).st_size)
                if self.command == "GET":
                    shutil.copyfileobj(file, self.wfile, CHUNK_BYTES)
        except FileNotFoundError:
            self._refuse(404, "no such file")

    do_HEAD = do_GET

    def _target(self) -> pathlib.Path | None:
        match = NAME.fullmatch(self.path)
        if match:
            return self.server.directory / match[1]
        self._refuse(400, "a name has letters, digits, dots, dashes and underscores, 128 at most")
        return None

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,18}", text) or "Transfer-Encoding" in self.headers:
            self._refuse(411, "Content-Length is needed")
        elif int(text) > self.server.bytes_max:
            self._refuse(413, f"at most {self.server.bytes_max} bytes")
        else:
            return int(text)
        return None

    def _store(self, target: pathlib.Path, length: int) -> bool:
        part = tempfile.NamedTemporaryFile(dir=self.server.directory, prefix=".part-", delete=False)
        try:
            with part:
                left = length
                while left:
                    chunk = self.rfile.read(min(left, CHUNK_BYTES))
                    if not chunk:
                        raise ConnectionError(f"the upload of {target.name} broke off, {left} bytes missing")
                    part.write(chunk)
                    left -= len(chunk)
                part.flush()
                os.fsync(part.fileno())
            os.chmod(part.name, 0o644)
            os.replace(part.name, target)
            return True
        except OSError as error:
            pathlib.Path(part.name).unlink(missing_ok=True)
            self.log_message("%s", error)
            self._refuse(507 if error.errno else 400, str(error))
            return False

    def _answer(self, status: int, length: int = 0):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _refuse(self, status: int, reason: str):
        body = (reason + "\n").encode()
        self.close_connection = True  # what is left of the body is not read
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:
            pass  # the client has gone


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], directory: pathlib.Path, bytes_max: int, uploads_max: int):
        super().__init__(address, Handler)
        self.directory = directory
        self.bytes_max = bytes_max
        self.uploads = threading.Semaphore(uploads_max)


def main():
    options = argparse.ArgumentParser(description="Keeps what is uploaded with PUT.")
    options.add_argument("--directory", required=True, help="where the files are kept")
    options.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    options.add_argument("--port-file", help="gets HOST:PORT once it listens")
    options.add_argument("--bytes-max", type=int, default=64 << 30, help="largest file")
    options.add_argument("--uploads-max", type=int, default=4, help="uploads at a time")
    chosen = options.parse_args()

    directory = pathlib.Path(chosen.directory)
    directory.mkdir(parents=True, exist_ok=True)
    for part in directory.glob(".part-*"):
        part.unlink()
    server = Receiver(("127.0.0.1", chosen.port), directory, chosen.bytes_max, chosen.uploads_max)
    address = f"127.0.0.1:{server.server_address[1]}"
    if chosen.port_file:
        new = pathlib.Path(chosen.port_file + ".new")
        new.write_text(address + "\n")
        new.replace(chosen.port_file)
    print(f"listening on {address}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
