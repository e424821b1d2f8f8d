"""HTTP for tests: an answer is a value, whatever its status; no connection is status 0."""
import dataclasses
import json
import urllib.error
import urllib.request


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict

    @property
    def json(self):
        return json.loads(self.text)


def get(url: str, timeout_s: float = 10, headers: dict | None = None) -> Answer:
    return request("GET", url, None, timeout_s, headers)


def post(url: str, body, content_type: str = "application/json", timeout_s: float = 10,
         headers: dict | None = None) -> Answer:
    """A body that is neither bytes nor text is sent as JSON."""
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    return request("POST", url, data, timeout_s, {"content-type": content_type, **(headers or {})})


def request(method: str, url: str, data: bytes | None, timeout_s: float, headers: dict | None) -> Answer:
    asked = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=timeout_s) as answer:
            return Answer(answer.status, answer.read().decode(), _lower(answer.headers))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), _lower(error.headers))
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        return Answer(0, str(error), {})


def _lower(headers) -> dict:
    return {name.lower(): value for name, value in headers.items()}
