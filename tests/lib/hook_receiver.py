"""A receiver of webhooks that keeps what it gets, and refuses some of it if told to."""
import http.server
import json
import threading


class HookReceiver:
    """`answers()` gives the status of the next answer; 200 without it. Close it at the end."""

    def __init__(self, answers=lambda: 200):
        self.requests: list[tuple[dict, dict]] = []  # headers (lower case), body; in order of arrival
        self.accepted: dict[str, dict] = {}          # webhook-id -> body, of those answered with 200
        self.bodies: dict[str, set[bytes]] = {}      # webhook-id -> every body that came with it
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N802, N805
                raw = handler.rfile.read(int(handler.headers["content-length"]))
                headers = {name.lower(): value for name, value in handler.headers.items()}
                with lock:
                    status = answers()
                    self.requests.append((headers, json.loads(raw)))
                    self.bodies.setdefault(headers["webhook-id"], set()).add(raw)
                    if status == 200:
                        self.accepted[headers["webhook-id"]] = json.loads(raw)
                handler.send_response(status)
                handler.send_header("content-length", "0")
                handler.end_headers()

            def log_message(handler, *_):  # noqa: N805
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a sender that was killed has hung up
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
