// Live streams: how long a change takes to thousands of clients, each of which watches one of 1,000 tasks,
// beside a bare broadcast of the same bytes: a thread that writes to sockets and knows nothing else.
//   stream_bench [CLIENTS [UPDATES_PER_SECOND [SECONDS]]]
// Both ends run on this machine, the clients in a process of their own.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>
#include <tuple>

#include "common/base/check.h"
#include "common/http/server.h"
#include "common/http/sse.h"
#include "consumers/progress/hub.h"
#include "consumers/progress/outlets.h"
#include "tests/bench/cpu.h"
#include "tests/bench/stream_clients.h"

namespace godwit::bench {
namespace {

constexpr std::size_t state_bytes = 900;  // of a usual task as the API shows it
const std::string store = "p-0000";

struct Load {
  int clients = 1'000;
  int updates_per_second = 1'000;
  int seconds = 5;

  int tasks() const { return std::min(clients, 1'000); }
};

std::string state_of(int task) {
  std::string out = fmt::format(R"({{"at":{:020},"task_id":"task-{}","filler":")", now_ns(), task);
  out.append(state_bytes - std::min(state_bytes, out.size()), 'x');
  return out + "\"}";
}

std::int64_t resident_kib() {
  std::ifstream statm{"/proc/self/statm"};
  std::int64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What a client process is told, and what it says in the end.
struct Told {
  std::uint16_t port;
  std::int64_t warm_up_ns, end_ns;
};
struct Said {
  std::uint64_t events;
  double p50_ms, p99_ms;
};

// The clients' process: connects, says "ready" with one byte, and reads until the end.
[[noreturn]] void run_clients(int from, int to, const Load& load) {
  raise_descriptor_limit();
  Told told{};
  std::ignore = read(from, &told, sizeof told);
  StreamClients clients;
  for (int i = 0; i < load.clients; ++i)
    if (!clients.open(told.port,
                      fmt::format("GET /stream/{} HTTP/1.1\r\nHost: x\r\n\r\n", i % load.tasks()))) {
      fmt::print(stderr, "client {} could not connect\n", i);
      _exit(1);
    }
  char ready = 1;
  std::ignore = write(to, &ready, 1);
  std::ignore = read(from, &told, sizeof told);
  clients.start(told.warm_up_ns);
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, std::chrono::nanoseconds{told.end_ns - now_ns()}, [] { return false; });
  clients.stop();
  const Said said{clients.events(), clients.quantile_ms(0.5), clients.quantile_ms(0.99)};
  std::ignore = write(to, &said, sizeof said);
  _exit(0);
}

// Calls update(task) at the load's rate.
void update(const Load& load, const std::function<void(int task)>& update_one) {
  std::mutex mutex;
  std::condition_variable never;
  const std::int64_t begin = now_ns();
  const std::int64_t count = std::int64_t{load.updates_per_second} * load.seconds;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t due = begin + i * 1'000'000'000 / load.updates_per_second;
    std::unique_lock lock{mutex};
    if (due > now_ns()) never.wait_for(lock, std::chrono::nanoseconds{due - now_ns()}, [] { return false; });
    update_one(static_cast<int>(i % load.tasks()));
  }
}

// One run: `open(told)` begins to listen and sets the port, `connected()` says how many have come.
void measure(const char* name, const Load& load, const std::function<std::uint16_t()>& open,
             const std::function<int()>& connected, const std::function<void(int)>& update_one) {
  int down[2], up[2];
  if (pipe(down) != 0 || pipe(up) != 0) return;
  const pid_t child = fork();  // before anything here has a thread
  if (child == 0) run_clients(down[0], up[1], load);
  const std::int64_t before_kib = resident_kib();
  Told told{.port = open(), .warm_up_ns = 0, .end_ns = 0};
  std::ignore = write(down[1], &told, sizeof told);
  char ready = 0;
  std::ignore = read(up[0], &ready, 1);
  while (connected() < load.clients) std::this_thread::yield();
  told.warm_up_ns = now_ns() + 1'000'000'000;
  told.end_ns = now_ns() + (load.seconds + 1) * std::int64_t{1'000'000'000};
  std::ignore = write(down[1], &told, sizeof told);
  const double cpu_before = cpu_seconds();
  update(load, update_one);
  const double cpu = (cpu_seconds() - cpu_before) / load.seconds;
  const std::int64_t kib = resident_kib() - before_kib;
  Said said{};
  std::ignore = read(up[0], &said, sizeof said);
  waitpid(child, nullptr, 0);
  const double expected =
      static_cast<double>(load.updates_per_second) * load.seconds * load.clients / load.tasks();
  fmt::print("| {} | {} | {:.0f} | {:.1f} % | {:.1f} | {:.1f} | {:.1f} | {:.2f} |\n", name, load.clients,
             expected / load.seconds, 100 * static_cast<double>(said.events) / expected, said.p50_ms,
             said.p99_ms, static_cast<double>(kib) / load.clients, cpu);
  for (const int end : {down[0], down[1], up[0], up[1]}) close(end);
}

void measure_godwit(const Load& load) {
  progress::Hub hub;
  std::unique_ptr<http::Server> server;
  std::int64_t place = 0;
  bool asked = false, news = false;
  std::mutex mutex;
  std::condition_variable_any called;
  std::jthread teller;  // as the feeder tells what waits
  const auto open = [&] {
    http::Router router;
    router.get("/stream/{task}", [&](const http::Request& request) {
      http::Response out = http::sse_response({});
      out.live =
          std::make_shared<const http::LiveStream>(http::LiveStream{
              .kind = http::LiveKind::sse,
              .begin =
                  [&hub, task = "task-" + request.param("task")](std::shared_ptr<http::LiveSink> sink) {
                    hub.watch({.task_id = task}, store, progress::SeenPlaces{{store, {0, 0}}}, Millis{200},
                              std::make_shared<progress::SseOutlet>(std::move(sink)));
                  },
              .heard = {}});
      return out;
    });
    server = std::move(http::Server::start({}, std::move(router)).value());
    teller = std::jthread{[&](const std::stop_token& stop) {
      Millis wait{1'000};
      while (!stop.stop_requested()) {
        std::unique_lock lock{mutex};
        called.wait_for(lock, stop, wait, [&] { return news; });
        news = false;
        lock.unlock();
        wait = hub.flush(progress::Steady::now()).value_or(Millis{1'000});
      }
    }};
    return static_cast<std::uint16_t>(std::stoi(server->address().substr(server->address().rfind(':') + 1)));
  };
  const auto results_of = [&](const std::vector<progress::Job>& jobs) {
    std::vector<progress::JobResult> out;
    out.reserve(jobs.size());
    for (const auto& job : jobs)
      out.push_back({.number = job.number, .store = store, .at = {place, 0}, .changes = {}});
    return out;
  };
  const auto connected = [&] {
    // First how far the store is, then everybody is caught up with it, some in each round.
    const bool begun = hub.count() > 0 && asked;
    const auto jobs = hub.jobs({store});
    asked = !jobs.empty();
    hub.take(jobs, results_of(jobs));
    return begun && jobs.size() == 1 ? static_cast<int>(hub.count()) : 0;
  };
  measure("godwit", load, open, connected, [&](int task) {
    const auto jobs = hub.jobs({store});
    ++place;
    auto results = results_of(jobs);
    results.front().changes.push_back({.place = {place, 0},
                                       .task_id = fmt::format("task-{}", task),
                                       .plan = {},
                                       .provider = {},
                                       .status = "running",
                                       .json = state_of(task)});
    hub.take(jobs, std::move(results));
    const std::lock_guard lock{mutex};
    news = true;
    called.notify_one();
  });
  teller.request_stop();
  teller.join();
  server->stop();
}

void measure_bare(const Load& load) {
  std::vector<std::vector<int>> by_task(static_cast<std::size_t>(load.tasks()));
  std::vector<int> all;
  std::mutex mutex;
  int listener = -1;
  std::jthread acceptor;
  std::size_t come = 0;
  const auto open = [&] {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool listens = bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    GODWIT_CHECK(listens && listen(listener, 1024) == 0, "no port of loopback is free");
    socklen_t size = sizeof at;
    getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
    acceptor = std::jthread{[&] {
      for (int i = 0; i < load.clients; ++i) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        const int yes = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        const std::lock_guard lock{mutex};
        by_task[come++ % by_task.size()].push_back(client);
        all.push_back(client);
      }
    }};
    return ntohs(at.sin_port);
  };
  const auto connected = [&] {
    const std::lock_guard lock{mutex};
    return static_cast<int>(come);
  };
  measure("bare broadcast", load, open, connected, [&](int task) {
    const std::string frame =
        http::sse_frame({.event = "progress", .id = "0000:1.0", .data = state_of(task)});
    for (const int client : by_task[static_cast<std::size_t>(task)])
      std::ignore = send(client, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  acceptor.join();
  for (const int client : all) close(client);
  close(listener);
}

}  // namespace
}  // namespace godwit::bench

int main(int argc, char** argv) {
  using namespace godwit::bench;
  raise_descriptor_limit();
  Load load;
  if (argc > 1) load.clients = std::atoi(argv[1]);
  if (argc > 2) load.updates_per_second = std::atoi(argv[2]);
  if (argc > 3) load.seconds = std::atoi(argv[3]);
  fmt::print(
      "| | streams | deliveries/s | arrived | p50 ms | p99 ms | KiB a stream | cores |\n"
      "|---|---|---|---|---|---|---|---|\n");
  std::fflush(stdout);
  measure_bare(load);
  std::fflush(stdout);
  measure_godwit(load);
  return 0;
}
