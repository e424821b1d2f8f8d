#include "common/service/consumer.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "common/base/log.h"
#include "common/http/server.h"
#include "common/kafka/kafka_publisher.h"
#include "common/kafka/kafka_source.h"
#include "common/service/instance_id.h"
#include "common/service/process_metrics.h"
#include "common/service/readiness.h"
#include "common/service/rebuild.h"
#include "common/service/replay.h"
#include "common/service/serve.h"
#include "common/service/signals.h"

namespace godwit::service {
namespace {

constexpr Millis stop_timeout{15'000};

int fail(const Error& error) {
  log_error("{}", error.message);
  return 1;
}

// `server` is set once it listens; whoever asks before gets a page without its counters.
void add_health(http::Router& router, const projection::Runner& runner, const RebuildService& rebuild,
                View& view, const std::atomic<const http::Server*>& server, const std::string& program,
                double started) {
  router.get("/healthz", [](const http::Request&) { return http::json_response(R"({"status":"alive"})"); });
  router.get("/readyz", [&runner, &rebuild](const http::Request&) {
    const auto snapshot = runner.stats();
    return http::json_response(readiness_json(snapshot, rebuild.json()),
                               reasons_not_ready(snapshot).empty() ? 200 : 503);
  });
  router.get("/metrics", [&runner, &rebuild, &view, &server, program, started](const http::Request&) {
    metrics::Exposition page;
    append_build(page, program, started);
    append_runner(page, runner.stats());
    rebuild.append_metrics(page);
    if (const http::Server* listening = server) append_http(page, listening->stats());
    view.append_metrics(page);
    return http::Response{.content_type = std::string{metrics::content_type}, .body = page.text()};
  });
}

}  // namespace

void ConsumerFlags::add(Flags& flags, const ConsumerSpec& spec) {
  listen = spec.listen;
  ProgramFlags::add(flags);
  flags.text("instance-id", instance_id,
             "Name of this member of the group; default: one kept in the data directory");
  flags.integer("http-threads", http_threads, 1, 1024, "HTTP requests served at the same time");
  flags.integer("max-streams", streams_max, 0, 4096, "Live streams served at the same time");
  flags.flag("repair", repair, "Check the files of this view, move corrupt ones aside and fold them anew");
  flags.text("from", from, "Fold this exported log (godwit tail --format log) instead of Kafka's");
  flags.flag("once", once, "With --from: end when all of it is folded, instead of serving it");
  flags.flag("rebuild", rebuild, "Fold this view anew from the start of the log, beside the one that serves");
}

int run_consumer(const ConsumerSpec& spec, const ConsumerFlags& flags, projection::StoreFactory& stores,
                 const sqlite::Readers& readers, const std::string& store_directory,
                 const MakeView& make_view) {
  if (!flags.from.empty()) return run_replay(spec, flags, stores, readers, store_directory, make_view);
  if (flags.once) return usage_error(spec.program, "--once ends a fold of --from FILE, and none is given");
  block_stop_signals();
  const SystemClock clock;
  auto publisher = kafka::KafkaPublisher::create(flags.kafka.client);
  if (!publisher) return usage_error(spec.program, publisher.error().message);
  const projection::Runner* folding = nullptr;  // set before start(), the first that may ask
  auto view =
      make_view({readers, **publisher, clock, store_directory, [&folding] { return folding->stats(); }});
  if (!view) return usage_error(spec.program, view.error().message);

  projection::Runner runner{{.consumer = spec.program, .store_key = spec.store_key},
                            stores,
                            **publisher,
                            clock,
                            [&view](const std::string& store, const projection::Touched& touched) {
                              (*view)->changed(store, touched);
                            }};
  folding = &runner;
  const auto instance_id = flags.instance_id.empty() ? kept_instance_id(store_directory, clock)
                                                     : Result<std::string>{flags.instance_id};
  if (!instance_id) return fail(instance_id.error());
  auto source =
      kafka::KafkaSource::create(flags.kafka.client,
                                 {.group = flags.group,
                                  .topics = spec.topics,
                                  .instance_id = *instance_id,
                                  .expiring_topics = {"migrations.progress"},
                                  .same_partition_count = spec.store_key == projection::StoreKey::partition},
                                 runner);
  if (!source) return usage_error(spec.program, source.error().message);

  RebuildServiceOptions rebuilding;
  rebuilding.rebuild.consumer = spec.program;
  rebuilding.rebuild.store_key = spec.store_key;
  rebuilding.client = flags.kafka.client;
  rebuilding.expiring_topics = {"migrations.progress"};
  RebuildService rebuild{rebuilding, stores, {&runner}, clock};
  http::Router router;
  std::atomic<const http::Server*> listening{nullptr};
  add_health(router, runner, rebuild, **view, listening, spec.program,
             static_cast<double>(to_unix_ms(clock.now())) / 1000);
  rebuild.routes(router);
  (*view)->routes(router);
  auto server = serve({.listen = flags.listen,
                       .request_threads = static_cast<int>(flags.http_threads),
                       .streams_max = static_cast<int>(flags.streams_max)},
                      std::move(router), flags.port_file);
  if (!server && server.error().kind == ErrorKind::invalid)
    return usage_error(spec.program, server.error().message);
  if (!server) return fail(server.error());
  listening = server->get();

  (*view)->start();
  std::jthread loop{[&](const std::stop_token& stop) { runner.run(**source, stop); }};
  rebuild.start(flags.rebuild);
  wait_for_stop_signal();
  log_info("stopping");
  end_at_the_latest(stop_timeout, 1);
  rebuild.stop();
  (*view)->stop();
  (*server)->stop();
  loop.request_stop();
  loop.join();
  log_info("stopped");
  return 0;
}

}  // namespace godwit::service
