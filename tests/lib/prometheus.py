"""A real Prometheus with the configuration of deploy/prometheus, pointed at programs under test."""
import json
import pathlib
import subprocess
import urllib.parse

import yaml

from cluster import free_ports
from http_json import get
from program import die_with_parent
from waiting import wait_until

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "prometheus"


class Prometheus:
    """`targets`: job name -> addresses; they may be changed while it runs. Scrapes and evaluates every second."""

    def __init__(self, directory, targets: dict[str, list[str]], programs: dict[str, str] | None = None):
        """`programs`: address -> value of the label `program`, as the deployed configuration gives it."""
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._programs = programs or {}
        config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(DEPLOY / "rules" / "*.yml")]
        del config["alerting"]
        config["scrape_configs"] = [one for one in config["scrape_configs"] if one["job_name"] in targets]
        for one in config["scrape_configs"]:
            del one["static_configs"]
            one["file_sd_configs"] = [{"files": [str(self._targets_file(one["job_name"]))], "refresh_interval": "1s"}]
        (self._directory / "prometheus.yml").write_text(yaml.safe_dump(config))
        for job, addresses in targets.items():
            self.set_targets(job, addresses)
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        self._process = None

    def set_targets(self, job: str, addresses: list[str]) -> None:
        """Moved into place, as Prometheus reads it when it changes."""
        groups = [{"targets": [one], "labels": {"program": self._programs[one]} if one in self._programs else {}}
                  for one in addresses]
        draft = self._targets_file(job).with_suffix(".new")
        draft.write_text(json.dumps(groups))
        draft.rename(self._targets_file(job))

    def query(self, expression: str) -> list[dict]:
        return self._ask("query", query=expression)

    def query_range(self, expression: str, begin_s: float, end_s: float, step_s: float = 1) -> list[dict]:
        return self._ask("query_range", query=expression, start=begin_s, end=end_s, step=step_s)

    def samples(self, selector: str, seconds: int) -> dict[tuple, list[tuple[float, float]]]:
        """Every stored sample of the last seconds: labels -> (time, value) in order."""
        return {tuple(sorted(one["metric"].items())): [(at, float(value)) for at, value in one["values"]]
                for one in self.query(f"{selector}[{seconds}s]")}

    def targets(self) -> list[dict]:
        return self._get("targets")["activeTargets"]

    def __enter__(self) -> "Prometheus":
        log = (self._directory / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={self._directory / 'prometheus.yml'}",
             f"--storage.tsdb.path={self._directory / 'data'}", f"--web.listen-address={self.url.removeprefix('http://')}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(lambda: get(f"{self.url}/-/ready").status == 200, 30,
                   lambda: f"Prometheus to be ready: {(self._directory / 'prometheus.log').read_text()[-2000:]}")
        return self

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.wait()

    def _targets_file(self, job: str) -> pathlib.Path:
        return self._directory / f"{job}.json"

    def _ask(self, path: str, **parameters) -> list[dict]:
        return self._get(path, **parameters)["result"]

    def _get(self, path: str, **parameters):
        answer = get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", 30)
        assert answer.status == 200, f"{parameters}: {answer.text}"
        return answer.json["data"]
