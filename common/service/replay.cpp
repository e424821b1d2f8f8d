#include "common/service/replay.h"

#include <fmt/format.h>

#include <chrono>

#include "common/base/log.h"
#include "common/cluster/peers.h"
#include "common/service/readiness.h"
#include "common/service/serve.h"
#include "common/service/signals.h"
#include "common/stream/ndjson_log.h"

namespace godwit::service {
namespace {

constexpr Millis no_wait{0};

// What would be published stays in the store, for the day that the store's log can be reached.
class NoLog final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord, stream::Acknowledge) override {
    return transient_error("a log in a file takes no records");
  }
  Status flush(Millis) override { return Done{}; }
};

int fail(const std::string& program, const std::string& why) {
  fmt::print(stderr, "{}: {}\n", program, why);
  return 1;
}

// nullopt when all is folded; otherwise the status to exit with.
std::optional<int> fold_all(const std::string& program, projection::Runner& runner,
                            stream::NdjsonSource& source) {
  while (!wait_for_stop_signal(no_wait)) {
    runner.turn(source);
    const projection::RunnerSnapshot seen = runner.stats();
    if (seen.source_error) return fail(program, *seen.source_error);
    if (!seen.refused.empty()) return fail(program, seen.refused.begin()->second);
    if (source.at_end() && seen.suspended.empty()) return std::nullopt;
  }
  return fail(program, "stopped before all was folded; the same command goes on from there");
}

void print_folded(const projection::RunnerSnapshot& seen, double seconds) {
  std::uint64_t events = 0;
  std::uint64_t letters = 0;
  for (const auto& [key, count] : seen.events)
    if (key.second != "redelivered") events += count;
  for (const auto& [key, count] : seen.dead_letters) letters += count;
  fmt::print("folded {} events and {} dead letters in {:.1f} s ({:.0f}/s)\n", events, letters, seconds,
             seconds > 0 ? static_cast<double>(events) / seconds : 0.0);
  for (const auto& each : seen.partitions)
    fmt::print("{}/{} {}\n", each.at.topic, each.at.partition.value(), each.next_offset);
}

int serve_folded(const ConsumerSpec& spec, const ConsumerFlags& flags, const projection::Runner& runner,
                 View& view) {
  http::Router router;
  router.get("/healthz", [](const http::Request&) { return http::json_response(R"({"status":"alive"})"); });
  router.get("/readyz", [&runner](const http::Request&) {
    const auto seen = runner.stats();
    return http::json_response(readiness_json(seen), reasons_not_ready(seen).empty() ? 200 : 503);
  });
  view.routes(router);
  auto server = serve({.listen = flags.listen,
                       .request_threads = static_cast<int>(flags.http_threads),
                       .streams_max = static_cast<int>(flags.streams_max)},
                      std::move(router), flags.port_file);
  if (!server) return usage_error(spec.program, server.error().message);
  wait_for_stop_signal();
  view.stop();
  (*server)->stop();
  return 0;
}

}  // namespace

int run_replay(const ConsumerSpec& spec, const ConsumerFlags& flags, projection::StoreFactory& stores,
               const sqlite::Readers& readers, const std::string& store_directory,
               const MakeView& make_view) {
  block_stop_signals();
  const SystemClock clock;
  NoLog no_log;
  projection::Runner runner{
      {.consumer = spec.program, .store_key = spec.store_key}, stores, no_log, clock, nullptr};
  auto source = stream::NdjsonSource::open(flags.from, {spec.topics.begin(), spec.topics.end()}, runner);
  if (!source) return usage_error(spec.program, source.error().message);
  cluster::Alone alone{readers};
  auto view =
      make_view({readers, no_log, clock, alone, store_directory, [&runner] { return runner.stats(); }});
  if (!view) return usage_error(spec.program, view.error().message);
  const auto started = std::chrono::steady_clock::now();
  if (const auto status = fold_all(spec.program, runner, **source)) return *status;
  print_folded(runner.stats(),
               std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  const int status = flags.once ? 0 : serve_folded(spec, flags, runner, **view);
  (*source)->close();
  return status;
}

}  // namespace godwit::service
