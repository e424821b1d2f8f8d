#include <atomic>
#include <optional>

#include "common/base/log.h"
#include "common/kafka/kafka_publisher.h"
#include "common/service/process_metrics.h"
#include "common/service/serve.h"
#include "common/service/signals.h"
#include "producers/gateway/page.h"
#include "producers/gateway/routes.h"
#include "producers/gateway/settings.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view program = "godwit-gateway";
constexpr Millis reachable_timeout{2'000};
constexpr Millis stop_timeout{15'000};
constexpr int linger_ms = 1;  // requests wait for it, and those under way at once still share a write
// Nobody waits for access events. Sent with the others they would double the writes that requests wait for.
constexpr int access_linger_ms = 100;
constexpr Millis access_close_timeout{2'000};

void reload(TokenFile* tokens) {
  if (tokens == nullptr) return log_info("SIGHUP: there is no token file to read again");
  if (const Status done = tokens->reload(); !done)
    return log_error("the tokens stay as they were: {}", done.error().message);
  log_info("{} tokens read again", tokens->current()->size());
}

// Serves until it is told to stop.
int serve(const Settings& settings, const Cors& cors, TokenFile* tokens, kafka::KafkaPublisher& publisher,
          kafka::KafkaPublisher& access_publisher) {
  const SystemClock clock;
  const double started = static_cast<double>(to_unix_ms(clock.now())) / 1000;
  const std::string& name = settings.advertise.empty() ? settings.listen : settings.advertise;
  AccessLog access_log{access_publisher, clock, {.source = "/gateways/" + name}};
  Ingest ingest{publisher, clock, settings.ingest()};
  Gate gate{{.tokens = tokens,
             .access_log = settings.access_events == "on" ? &access_log : nullptr,
             .rate = settings.rate(),
             .cors = cors},
            clock};
  std::atomic<const http::Server*> listening{nullptr};
  const auto append_process = [&](metrics::Exposition& page) {
    service::append_build(page, program, started);
    if (const http::Server* up = listening) service::append_http(page, up->stats());
    append_access_log(page, access_log.stats());
    if (tokens != nullptr) append_tokens(page, *tokens);
  };
  auto server = service::serve(
      settings.server(),
      make_routes({.ingest = ingest,
                   .gate = gate,
                   .kafka_reachable = [&publisher] { return publisher.reachable(reachable_timeout); },
                   .append_process = append_process}),
      settings.port_file);
  if (!server && server.error().kind == ErrorKind::invalid)
    return service::usage_error(program, server.error().message);
  if (!server) {
    log_error("{}", server.error().message);
    return 1;
  }
  listening = server->get();
  while (service::wait_to_be_told() == service::Told::reload) reload(tokens);
  log_info("stopping");
  service::end_at_the_latest(stop_timeout, 1);
  (*server)->stop();
  return 0;
}

int run(const Settings& settings) {
  service::block_stop_signals();
  service::block_reload_signal();
  auto cors = Cors::allow(settings.cors_origins);
  if (!cors) return service::usage_error(program, "--cors-origin: " + cors.error().message);
  std::unique_ptr<TokenFile> tokens;
  if (!settings.tokens.empty()) {
    auto opened = TokenFile::open(settings.tokens);
    if (!opened) return service::usage_error(program, "--tokens: " + opened.error().message);
    tokens = std::move(*opened);
  }
  // Kafka's client gives up a little before we do: then its reason is logged, and what was answered 503 is
  // not stored minutes later.
  auto publisher = kafka::KafkaPublisher::create(
      settings.kafka.client, {.message_timeout = settings.acknowledge() * 4 / 5,
                              .queue_records_max = static_cast<int>(settings.queue_events_max),
                              .linger_ms = linger_ms});
  if (!publisher) return service::usage_error(program, publisher.error().message);
  auto access_publisher = kafka::KafkaPublisher::create(
      settings.kafka.client, {.linger_ms = access_linger_ms, .close_timeout = access_close_timeout});
  if (!access_publisher) return service::usage_error(program, access_publisher.error().message);
  return serve(settings, *cors, tokens.get(), **publisher, **access_publisher);
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
