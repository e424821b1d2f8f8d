#include "common/service/consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/log.h"
#include "common/http/server.h"
#include "common/kafka/kafka_publisher.h"
#include "common/service/instance_id.h"
#include "common/service/lanes.h"
#include "common/service/peering.h"
#include "common/service/process_metrics.h"
#include "common/service/readiness.h"
#include "common/service/rebuild.h"
#include "common/service/replay.h"
#include "common/service/scrape.h"
#include "common/service/serve.h"
#include "common/service/signals.h"

namespace godwit::service {
namespace {

constexpr Millis stop_timeout{15'000};
constexpr std::int64_t thread_streams_max = 64;

int fail(const Error& error) {
  log_error("{}", error.message);
  return 1;
}

// `server` is set once it listens; whoever asks before gets a page without its counters.
void add_health(http::Router& router, const Lanes& lanes, const RebuildService& rebuild, View& view,
                const cluster::Membership& membership, const std::atomic<const http::Server*>& server,
                const std::string& program, double started) {
  router.get("/healthz", [](const http::Request&) { return http::json_response(R"({"status":"alive"})"); });
  router.get("/readyz", [&lanes, &rebuild](const http::Request&) {
    const auto snapshot = lanes.stats();
    return http::json_response(readiness_json(snapshot, rebuild.json()),
                               reasons_not_ready(snapshot).empty() ? 200 : 503);
  });
  router.get("/metrics",
             [&lanes, &rebuild, &view, &membership, &server, program, started](const http::Request& request) {
               metrics::Exposition page = open_page(request);
               append_build(page, program, started);
               append_runner(page, lanes.stats());
               rebuild.append_metrics(page);
               append_peers(page, membership);
               if (const http::Server* listening = server) append_http(page, listening->stats());
               if (auto refusal = view.answer_metrics(request, page)) return std::move(*refusal);
               return page_response(request, std::move(page));
             });
}

cluster::MembershipOptions membership_options(const ConsumerSpec& spec, const ConsumerFlags& flags,
                                              const std::string& instance_id, Timestamp started) {
  return {
      .self = {.consumer = spec.program,
               .group = flags.group,
               .instance = instance_id,
               .version = spec.version,
               .epoch_ms = to_unix_ms(started)},
      .store_key = spec.store_key,
      // Half of the threads stay free to answer others, or two instances could wait for each other.
      .client = {.sends_max = static_cast<std::size_t>(std::max<std::int64_t>(flags.http_threads / 2, 1))}};
}

kafka::ConsumerOptions group_options(const ConsumerSpec& spec, const ConsumerFlags& flags,
                                     const std::string& instance_id) {
  return {.group = flags.group,
          .topics = spec.topics,
          .instance_id = instance_id,
          .expiring_topics = {"migrations.progress"},
          .same_partition_count = spec.store_key == projection::StoreKey::partition};
}

RebuildServiceOptions rebuild_options(const ConsumerSpec& spec, const ConsumerFlags& flags) {
  RebuildServiceOptions out;
  out.rebuild.consumer = spec.program;
  out.rebuild.store_key = spec.store_key;
  out.client = flags.kafka.client;
  out.expiring_topics = {"migrations.progress"};
  return out;
}

}  // namespace

void ConsumerFlags::add(Flags& flags, const ConsumerSpec& spec) {
  listen = spec.listen;
  ProgramFlags::add(flags);
  flags.text("instance-id", instance_id,
             "Name of this member of the group; default: one kept in the data directory");
  lanes = std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, lanes_max);
  flags.integer("lanes", lanes, 1, lanes_max, "Threads that fold, each with partitions of its own");
  flags.integer("http-threads", http_threads, 1, 1024, "HTTP requests served at the same time");
  flags.integer("max-streams", streams_max, 0, 100'000,
                "Live streams served at the same time; of those that need a thread each, 64 at most");
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
  block_reload_signal();
  const SystemClock clock;
  auto publisher = kafka::KafkaPublisher::create(flags.kafka.client);
  if (!publisher) return usage_error(spec.program, publisher.error().message);
  if (auto advertise = check_advertise(flags.advertise); !advertise)
    return usage_error(spec.program, advertise.error().message);
  const auto instance_id = flags.instance_id.empty() ? kept_instance_id(store_directory, clock)
                                                     : Result<std::string>{flags.instance_id};
  if (!instance_id) return fail(instance_id.error());
  const Lanes* folding = nullptr;  // set before the first that may ask begins
  const auto folded = [&folding] { return folding->stats(); };
  cluster::Membership membership{membership_options(spec, flags, *instance_id, clock.now()), readers, folded,
                                 **publisher, open_peers(flags.kafka.client, clock)};
  auto view = make_view(
      {readers, **publisher, clock, membership, store_directory, folded, read_topic(flags.kafka.client)});
  if (!view) return usage_error(spec.program, view.error().message);

  Lanes lanes{static_cast<std::size_t>(flags.lanes),
              {.consumer = spec.program, .store_key = spec.store_key},
              stores,
              **publisher,
              clock,
              [&view](const std::string& store, const projection::Touched& touched) {
                (*view)->changed(store, touched);
              }};
  folding = &lanes;
  const auto connected = lanes.connect(flags.kafka.client, group_options(spec, flags, *instance_id));
  if (!connected) return usage_error(spec.program, connected.error().message);

  RebuildService rebuild{rebuild_options(spec, flags), stores, lanes.runners(), clock};
  http::Router router;
  std::atomic<const http::Server*> listening{nullptr};
  add_health(router, lanes, rebuild, **view, membership, listening, spec.program,
             static_cast<double>(to_unix_ms(clock.now())) / 1000);
  add_cluster(router, membership);
  rebuild.routes(router);
  (*view)->routes(router);
  auto server = serve({.listen = flags.listen,
                       .request_threads = static_cast<int>(flags.http_threads),
                       .streams_max = static_cast<int>(std::min(flags.streams_max, thread_streams_max)),
                       .live = {.streams_max = static_cast<std::size_t>(flags.streams_max)}},
                      std::move(router), flags.port_file);
  if (!server && server.error().kind == ErrorKind::invalid)
    return usage_error(spec.program, server.error().message);
  if (!server) return fail(server.error());
  listening = server->get();

  membership.start(advertised_url(flags.advertise, (*server)->address()));
  (*view)->start();
  lanes.start();
  rebuild.start(flags.rebuild);
  while (wait_to_be_told() == Told::reload) (*view)->reload();
  log_info("stopping");
  end_at_the_latest(stop_timeout, 1);
  membership.stop();  // first: others ask us no more
  rebuild.stop();
  (*view)->stop();
  (*server)->stop();
  lanes.stop();
  log_info("stopped");
  return 0;
}

}  // namespace godwit::service
