#include <algorithm>
#include <atomic>

#include "common/base/log.h"
#include "common/kafka/kafka_publisher.h"
#include "common/service/flags.h"
#include "common/service/process_metrics.h"
#include "common/service/serve.h"
#include "common/service/signals.h"
#include "producers/gateway/routes.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view program = "godwit-gateway";
constexpr Millis reachable_timeout{2'000};
constexpr Millis stop_timeout{15'000};

struct Settings : service::ProgramFlags {
  std::int64_t http_threads = 32;
  std::int64_t body_bytes_max = 8'000'000;
  std::int64_t batch_events_max = 1'000;
  std::int64_t acknowledge_ms = 10'000;

  void add(service::Flags& flags) {
    listen = "127.0.0.1:8084";
    ProgramFlags::add(flags);
    flags.integer("http-threads", http_threads, 2, 1024, "HTTP requests served at the same time");
    flags.integer("max-body", body_bytes_max, 1'000, 100'000'000, "Bytes of one request's body");
    flags.integer("max-batch", batch_events_max, 1, 100'000, "Events of one batch");
    flags.integer("acknowledge-ms", acknowledge_ms, 100, 120'000,
                  "How long to wait for Kafka before answering 503");
  }
};

int run(const Settings& settings) {
  service::block_stop_signals();
  const Millis acknowledge{settings.acknowledge_ms};
  // Kafka's client gives up a little before we do: then its reason is logged, and what was answered 503 is
  // not stored minutes later.
  auto publisher =
      kafka::KafkaPublisher::create(settings.kafka.client, {.message_timeout = acknowledge * 4 / 5});
  if (!publisher) return service::usage_error(program, publisher.error().message);
  const auto threads = static_cast<int>(settings.http_threads);
  Ingest ingest{**publisher,
                {.read = {.batch_events_max = static_cast<std::size_t>(settings.batch_events_max)},
                 .acknowledge_timeout = acknowledge,
                 .waiting_max = std::max(1, threads * 3 / 4)}};
  const double started = static_cast<double>(to_unix_ms(SystemClock{}.now())) / 1000;
  std::atomic<const http::Server*> listening{nullptr};
  auto server = service::serve(
      {.listen = settings.listen,
       .request_threads = threads,
       .streams_max = 0,
       .body_bytes_max = static_cast<std::size_t>(settings.body_bytes_max)},
      make_routes({.ingest = ingest,
                   .kafka_reachable = [&publisher] { return (*publisher)->reachable(reachable_timeout); },
                   .append_process =
                       [started, &listening](metrics::Exposition& page) {
                         service::append_build(page, program, started);
                         if (const http::Server* up = listening) service::append_http(page, up->stats());
                       }}),
      settings.port_file);
  if (!server && server.error().kind == ErrorKind::invalid)
    return service::usage_error(program, server.error().message);
  if (!server) {
    log_error("{}", server.error().message);
    return 1;
  }
  listening = server->get();
  service::wait_for_stop_signal();
  log_info("stopping");
  service::end_at_the_latest(stop_timeout, 1);
  (*server)->stop();
  return 0;
}

}  // namespace
}  // namespace godwit::gateway

int main(int argc, char** argv) {
  using namespace godwit;
  gateway::Settings settings;
  service::Flags flags{std::string{gateway::program},
                       "Takes CloudEvents over HTTP and writes them to Kafka."};
  settings.add(flags);
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (auto finished = settings.kafka.finish(gateway::program); !finished)
    return service::usage_error(gateway::program, finished.error().message);
  return gateway::run(settings);
}
