// A scrape of 10,000 series, folded into four partition files: /metrics in both formats, plain and
// compressed, beside a handler that gives the same bytes, one request after the other.
// Usage: scrape_bench [REQUESTS]
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "common/cluster/peers.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "common/service/scrape.h"
#include "common/stream/memory_log.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/view.h"
#include "tests/bench/cpu.h"
#include "tests/bench/measured.h"
#include "tests/lib/temporary_directory.h"

namespace {

using namespace godwit;
using namespace godwit::metrics_view;

constexpr int partitions = 4;
constexpr std::size_t page_bytes_max = 64'000'000;

// 20 providers, 10 stages, 5 modes: 600 histograms of 16 series each, and counters.
void fill(Tables& tables) {
  Metrics::Outputs out{.at = from_unix_ms(1'790'000'000'000), .trace_id = "0af7651916cd43dd8448eb211c80319c"};
  for (int i = 0; i < 20; ++i) {
    const std::string provider = fmt::format("provider-{}", i);
    for (const char* status : {"completed", "failed"}) {
      for (int stage = 0; stage < 10; ++stage)
        for (const std::int64_t ms : {900, 70'000, 4'000'000})
          out.observations.push_back(
              {{stage_duration, {provider, fmt::format("stage-{}", stage), status}}, ms});
      for (int mode = 0; mode < 5; ++mode) {
        const std::string name = fmt::format("mode-{}", mode);
        out.observations.push_back({{migration_duration, {provider, name, status}}, 5'000'000});
        out.increments.push_back({{finished, {provider, name, status}}, 7});
        out.increments.push_back({{started, {provider, name}}, 7});
      }
    }
  }
  tables.apply(out);
  tables.flush();
}

struct Timed {
  double per_second = 0, p50_ms = 0, p99_ms = 0, cpu_ms = 0;
  std::size_t bytes = 0;
};

Timed ask(const std::string& url, const http::NameValues& headers, int requests) {
  using Steady = std::chrono::steady_clock;
  http::Client client;
  std::vector<double> took_ms;
  Timed out;
  const double cpu = bench::cpu_seconds();
  const auto begin = Steady::now();
  for (int i = 0; i < requests; ++i) {
    const auto before = Steady::now();
    const auto answer = client.send({.url = url, .headers = headers, .response_bytes_max = page_bytes_max});
    if (!answer || answer->status != 200) throw std::runtime_error("no page from " + url);
    out.bytes = answer->body.size();
    took_ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - before).count());
  }
  out.per_second = requests / std::chrono::duration<double>(Steady::now() - begin).count();
  out.cpu_ms = (bench::cpu_seconds() - cpu) * 1000 / requests;
  std::sort(took_ms.begin(), took_ms.end());
  out.p50_ms = took_ms[took_ms.size() / 2];
  out.p99_ms = took_ms[took_ms.size() * 99 / 100];
  return out;
}

void print(std::string_view name, const Timed& timed, const Timed& base) {
  fmt::print("| {} | {} | {:.0f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |\n", name, timed.bytes,
             timed.per_second, timed.per_second / base.per_second, timed.p50_ms, timed.p99_ms, timed.cpu_ms);
}

}  // namespace

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::stoi(argv[1]) : 500;
  const testing::TemporaryDirectory directory;
  sqlite::Readers readers;
  for (int i = 0; i < partitions; ++i) {
    const std::string path = fmt::format("{}/p-{:04}.db", directory.path(), i);
    auto db = sqlite::Database::open(path, sqlite::OpenMode::read_write).value();
    db.exec(Tables::schema());
    Tables tables{db};
    fill(tables);
    if (!readers.add(fmt::format("p-{:04}", i), path)) return 1;
  }
  const SystemClock clock;
  stream::MemoryLog log{partitions};
  cluster::Alone peers{readers};
  MetricsView view{{readers, log, clock, peers, directory.path()}, Settings{}};
  const auto page_of = [&view](const http::Request& request) {
    metrics::Exposition page = service::open_page(request);
    if (auto refusal = view.answer_metrics(request, page)) return std::move(*refusal);
    return service::page_response(request, std::move(page));
  };
  const http::Response bare = page_of(http::make_request("GET", "/metrics").value());
  http::Router router;
  router.get("/metrics", page_of);
  router.get("/bare", [&bare](const http::Request&) { return http::Response{bare}; });
  const auto server = std::move(http::Server::start({}, std::move(router)).value());
  const http::NameValues gzip{{"Accept-Encoding", "gzip"}};
  const http::NameValues open{{"Accept", "application/openmetrics-text;version=1.0.0"}};
  fmt::print(
      "{} series\n\n| what | bytes | requests/s | ratio | p50 ms | p99 ms | CPU ms "
      "|\n|---|---|---|---|---|---|---|\n",
      std::count(bare.body.begin(), bare.body.end(), '\n'));
  const Timed base = ask(server->url() + "/bare", {}, requests);
  print("bare handler, the same bytes", base, base);
  print("/metrics", ask(server->url() + "/metrics", {}, requests), base);
  print("/metrics, gzip", ask(server->url() + "/metrics", gzip, requests), base);
  print("/metrics, OpenMetrics", ask(server->url() + "/metrics", open, requests), base);
  return 0;
}
