#include "consumers/webhooks/listen.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string_view>

#include "common/http/encoding.h"
#include "common/http/server.h"
#include "common/service/flags.h"
#include "common/service/signals.h"
#include "consumers/webhooks/signing.h"

namespace godwit::webhooks {
namespace {

http::Router routes(Listener& listener, const Clock& clock) {
  http::Router router;
  const auto answer = [&listener, &clock](const http::Request& request) {
    const Listener::Heard heard = listener.hear(request, clock.now());
    fmt::print("{}", heard.text);
    std::fflush(stdout);
    return http::text_response("", heard.status);
  };
  for (const char* pattern : {"/", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}"})
    router.post(pattern, answer);
  return router;
}

}  // namespace

Listener::Heard Listener::hear(const http::Request& request, Timestamp now) {
  const auto header = [&](std::string_view name) { return std::string{request.header(name).value_or("")}; };
  const std::string id = header("webhook-id");
  const std::string timestamp = header("webhook-timestamp");
  const std::string signature = header("webhook-signature");
  const Status good = options_.keys.empty()
                          ? Status{Done{}}
                          : verify(options_.keys, {id, timestamp, signature}, request.body, now);
  bool again = false;
  {
    const std::lock_guard lock{mutex_};
    if (ids_.size() >= options_.ids_max) ids_.clear();
    again = good.ok() && !id.empty() && !ids_.insert(id).second;
  }
  const std::string trust = options_.keys.empty() ? signature.empty() ? "not signed" : "signed, not verified"
                            : good.ok()           ? "verified"
                                                  : "REFUSED: " + good.error().message;
  constexpr int unauthorized = 401;
  return {fmt::format("{} {} {} {}{}\n{}\n", format_rfc3339(now), http::printable(request.path),
                      id.empty() ? "(no webhook-id)" : http::printable(id), trust, again ? ", again" : "",
                      http::printable(std::string_view{request.body}.substr(0, options_.body_bytes_max))),
          good.ok() ? static_cast<int>(options_.status) : unauthorized};
}

std::optional<int> run_listen(int argc, char** argv) {
  if (argc < 2 || std::string_view{argv[1]} != "listen") return std::nullopt;
  constexpr const char* program = "godwit webhooks listen";
  ListenOptions options;
  std::string keys_file;
  std::string port_file;
  service::Flags flags{program, "Receives deliveries, verifies their signatures and prints them."};
  constexpr std::int64_t status_min = 200;
  constexpr std::int64_t status_max = 599;
  flags.text("listen", options.listen, "HOST:PORT")
      .text("secret-file", keys_file, "File of the secrets (whsec_) or public keys (whpk_) to verify with")
      .integer("status", options.status, status_min, status_max, "Status to answer with")
      .text("port-file", port_file, "Write HOST:PORT here once it listens");
  if (const auto status = flags.parse(argc - 1, argv + 1)) return *status;
  if (!keys_file.empty()) {
    std::ifstream file{keys_file};
    if (!std::getline(file, options.keys) || options.keys.empty())
      return service::usage_error(program, fmt::format("--secret-file: cannot read a line of {}", keys_file));
  }
  service::block_stop_signals();
  const SystemClock clock;
  Listener listener{options};
  auto server = http::Server::start({.listen = options.listen}, routes(listener, clock));
  if (!server) return service::usage_error(program, server.error().message);
  if (!port_file.empty()) std::ofstream{port_file} << (*server)->address() << '\n';
  fmt::print("listening on {}\n", (*server)->url());
  std::fflush(stdout);
  service::wait_for_stop_signal();
  (*server)->stop();
  return 0;
}

}  // namespace godwit::webhooks
