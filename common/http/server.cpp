#include "common/http/server.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

#include "common/base/log.h"
#include "common/http/exchange.h"
#include "common/http/listen.h"
#include "common/http/takeover.h"
#include "common/http/websocket.h"

namespace godwit::http {
namespace {

constexpr std::size_t classes = 6;  // the first digit of a status
using ClassCounts = std::array<std::atomic<std::uint64_t>, classes>;

std::size_t class_of(int status) {
  const int digit = status / 100;
  return digit >= 1 && digit <= 5 ? static_cast<std::size_t>(digit) : 0;
}

std::string describe_failure(const std::string& address, const std::string& reason) {
  if (reason.find("Address already in use") != std::string::npos)
    return fmt::format("cannot listen on {}: another program uses this port; stop it or choose another",
                       address);
  return fmt::format("cannot listen on {}: {}", address, reason.empty() ? "no reason given" : reason);
}

}  // namespace

struct Server::State {
  State(const ServerOptions& o, Router r, ListenAddress l)
      : options(o),
        router(std::move(r)),
        listen(std::move(l)),
        routes(router.patterns()),
        counts(routes.size() + 1) {}

  Result<Done> open();
  void close();
  void answer(mg_connection* connection);
  void stream(mg_connection* connection, const Response& response, std::size_t route);
  void go_live(mg_connection* connection, const Response& response, std::size_t route);
  void count(std::size_t route, int status) {
    counts[route][class_of(status)].fetch_add(1, std::memory_order_relaxed);
  }

  const ServerOptions options;
  const Router router;
  const ListenAddress listen;
  const std::vector<std::string> routes;
  std::vector<ClassCounts> counts;
  std::string address;
  std::uint16_t port = 0;
  mg_context* context = nullptr;
  std::unique_ptr<StreamServer> live;
  std::stop_source stopping;
  std::atomic<int> streams_open{0};
  std::atomic<std::uint64_t> streams_refused{0};

  std::mutex mutex;
  std::condition_variable changed;
  int busy = 0;               // requests and streams under way; by mutex
  bool started = false;       // by mutex
  std::string start_failure;  // what CivetWeb said while starting; by mutex
};

namespace {

// Counts a request as under way while it lives.
class Busy {
 public:
  Busy(std::mutex& mutex, std::condition_variable& changed, int& busy)
      : mutex_(mutex), changed_(changed), busy_(busy) {
    const std::lock_guard lock{mutex_};
    ++busy_;
  }
  ~Busy() {
    const std::lock_guard lock{mutex_};
    --busy_;
    changed_.notify_all();
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::mutex& mutex_;
  std::condition_variable& changed_;
  int& busy_;
};

void init_civetweb() {
  static std::once_flag once;
  std::call_once(once, [] { mg_init_library(MG_FEATURES_DEFAULT); });
}

}  // namespace

Result<Done> Server::State::open() {
  init_civetweb();
  const std::string ports = host_and_port({listen.numeric, listen.numeric, listen.ipv6, 0}, listen.port);
  const std::string threads = std::to_string(options.request_threads + options.streams_max);
  const std::string timeout = std::to_string(options.request_timeout.count());
  const std::string keep_alive = std::to_string(options.keep_alive_timeout.count());
  const std::string head_bytes = std::to_string(options.head_bytes_max);
  const std::string queue = std::to_string(options.connection_queue);
  const std::string backlog = std::to_string(options.listen_backlog);
  // No document_root, ever: nothing of the file system is served. Paths reach us undecoded, for the router.
  const std::array settings = {"listening_ports",
                               ports.c_str(),
                               "num_threads",
                               threads.c_str(),
                               "request_timeout_ms",
                               timeout.c_str(),
                               "keep_alive_timeout_ms",
                               keep_alive.c_str(),
                               "max_request_size",
                               head_bytes.c_str(),
                               "connection_queue",
                               queue.c_str(),
                               "listen_backlog",
                               backlog.c_str(),
                               "enable_keep_alive",
                               "yes",
                               "tcp_nodelay",
                               "1",
                               "decode_url",
                               "no",
                               "enable_directory_listing",
                               "no",
                               "enable_auth_domain_check",
                               "no",
                               static_cast<const char*>(nullptr)};
  mg_callbacks callbacks{};
  callbacks.begin_request = [](mg_connection* connection) {
    auto* self = static_cast<State*>(mg_get_request_info(connection)->user_data);
    self->answer(connection);
    return 200;  // "handled": CivetWeb must not go on to look for a file
  };
  // What CivetWeb refuses by itself, before there is a request: our form instead of its own.
  callbacks.http_error = [](mg_connection* connection, int status, const char* message) {
    auto* self = static_cast<State*>(mg_get_user_data(mg_get_context(connection)));
    self->count(self->routes.size(), status);
    write_response(connection, problem(status, message), true);
    return 0;
  };
  callbacks.log_message = [](const mg_connection* connection, const char* message) {
    auto* self = static_cast<State*>(mg_get_user_data(mg_get_context(connection)));
    if (self == nullptr) return 1;
    const std::lock_guard lock{self->mutex};
    if (self->started)
      log_debug("http: {}", message);
    else if (self->start_failure.empty())
      self->start_failure = message;
    return 1;
  };
  context = mg_start(&callbacks, this, const_cast<const char**>(settings.data()));
  const std::lock_guard lock{mutex};
  started = true;
  if (context == nullptr)
    return fatal_error(describe_failure(host_and_port(listen, listen.port), start_failure));
  mg_server_port bound{};
  mg_get_server_ports(context, 1, &bound);
  port = static_cast<std::uint16_t>(bound.port);
  address = host_and_port(listen, port);
  return Done{};
}

void Server::State::close() {
  if (context == nullptr) return;
  stopping.request_stop();
  {
    std::unique_lock lock{mutex};
    changed.wait_for(lock, options.stop_timeout, [this] { return busy == 0; });
  }
  live->stop(options.stop_timeout);
  // CivetWeb looks at its stop flag when a connection comes, or every two seconds: knock until it has seen
  // it.
  bool stopped = false;
  std::thread waker{[this, &stopped] {
    std::unique_lock lock{mutex};
    while (!changed.wait_for(lock, Millis{10}, [&stopped] { return stopped; })) knock(listen, port);
  }};
  mg_stop(context);
  context = nullptr;
  {
    const std::lock_guard lock{mutex};
    stopped = true;
    changed.notify_all();
  }
  waker.join();
}

void Server::State::answer(mg_connection* connection) {
  const Busy busy_now{mutex, changed, busy};
  auto read = read_request(connection, {.body_bytes_max = options.body_bytes_max,
                                        .discard_bytes_max = options.discard_bytes_max,
                                        .body_time_max = options.request_timeout});
  if (const auto* refusal = std::get_if<Response>(&read)) {
    count(routes.size(), refusal->status);
    return write_response(connection, *refusal, true);
  }
  if (stopping.stop_requested()) {
    count(routes.size(), 503);
    return write_response(connection, unavailable("this service is stopping", options.retry_after_seconds),
                          true);
  }
  const Router::Answer answer = router.answer(std::get<Request>(std::move(read)));
  if (answer.response.live) return go_live(connection, answer.response, answer.route);
  if (answer.response.stream) return stream(connection, answer.response, answer.route);
  count(answer.route, answer.response.status);
  write_response(connection, answer.response, false);
}

void Server::State::stream(mg_connection* connection, const Response& response, std::size_t route) {
  if (streams_open.fetch_add(1) >= options.streams_max) {
    streams_open.fetch_sub(1);
    streams_refused.fetch_add(1);
    count(route, 503);
    return write_response(connection,
                          unavailable(fmt::format("all {} streams are taken", options.streams_max),
                                      options.retry_after_seconds),
                          true);
  }
  ConnectionStream writer{connection, stopping.get_token()};
  const bool refused = response.end_must_show && !writer.end_shows();
  count(route, refused ? 505 : response.status);
  if (refused) {
    streams_open.fetch_sub(1);
    return write_response(
        connection, problem(505, "this stream needs HTTP/1.1: its end could not be told from a break"), true);
  }
  try {
    if (writer.open(response)) {
      response.stream(writer);
      writer.finish();
    }
  } catch (const std::exception& failure) {
    log_error("a stream failed: {}", failure.what());
  } catch (...) {  // nothing may pass through the C frames above us
    log_error("a stream failed with something that is no exception");
  }
  streams_open.fetch_sub(1);
}

// The head of a live stream is ours to write, and its socket from then on ours to serve.
void Server::State::go_live(mg_connection* connection, const Response& response, std::size_t route) {
  const auto refuse = [&](const Response& refusal) {
    count(route, refusal.status);
    write_response(connection, refusal, true);
  };
  std::string head;
  if (response.live->kind == LiveKind::websocket) {
    const char* key = mg_get_header(connection, "Sec-WebSocket-Key");
    const char* version = mg_get_header(connection, "Sec-WebSocket-Version");
    if (key == nullptr || version == nullptr || std::string_view{version} != "13") {
      Response refusal = problem(426, "this path speaks WebSocket, version 13");
      refusal.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
      return refuse(refusal);
    }
    head = websocket_switch(key);
  } else {
    head = live_head(response);
  }
  if (!live->reserve())
    return refuse(unavailable(fmt::format("all {} live streams are taken", options.live.streams_max),
                              options.retry_after_seconds));
  auto socket = take_over(connection);
  if (!socket) {
    live->give_back();
    return refuse(unavailable(socket.error().message, options.retry_after_seconds));
  }
  count(route, response.live->kind == LiveKind::websocket ? 101 : response.status);
  mg_disable_connection_keep_alive(connection);
  live->adopt(std::move(*socket), std::move(head), response.live);
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Router router) {
  GODWIT_CHECK(options.request_threads > 0 && options.streams_max >= 0, "a server needs threads");
  auto listen = parse_listen(options.listen);
  if (!listen) return listen.error();
  auto state = std::make_unique<State>(options, std::move(router), std::move(*listen));
  auto live = start_stream_loop(options.live);
  if (!live) return live.error();
  state->live = std::move(*live);
  if (auto opened = state->open(); !opened) return opened.error();
  return std::unique_ptr<Server>{new Server{std::move(state)}};  // NOLINT: the constructor is private
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(); }

const std::string& Server::address() const { return state_->address; }
std::string Server::url() const { return "http://" + state_->address; }
void Server::stop() { state_->close(); }

ServerStats Server::stats() const {
  ServerStats out;
  for (std::size_t route = 0; route < state_->counts.size(); ++route) {
    for (std::size_t digit = 0; digit < classes; ++digit) {
      const std::uint64_t count = state_->counts[route][digit].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const bool matched = route < state_->routes.size();
      out.requests_total.push_back(
          {matched ? state_->routes[route] : "unmatched", fmt::format("{}xx", digit), count});
    }
  }
  out.live = state_->live->stats();
  out.streams_open = state_->streams_open.load();
  out.streams_refused_total = state_->streams_refused.load();
  return out;
}

}  // namespace godwit::http
