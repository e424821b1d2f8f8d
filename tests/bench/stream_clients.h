// Many clients of event streams on one thread: how long after it was made each event arrives. An event is a
// line "data: {"at":<nanoseconds of the steady clock>,...}".
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace godwit::bench {

class StreamClients {
 public:
  StreamClients() = default;
  ~StreamClients();
  StreamClients(const StreamClients&) = delete;
  StreamClients& operator=(const StreamClients&) = delete;

  // Connects to 127.0.0.1:port and asks; false when it cannot.
  bool open(std::uint16_t port, const std::string& request);
  // Reads until stop(). `warm_up_ns`: events made before that time are not measured.
  void start(std::int64_t warm_up_ns);
  void stop();

  std::uint64_t events() const { return events_.load(); }
  // After stop(): the share `q` of events arrived at least so fast, in milliseconds.
  double quantile_ms(double q);

 private:
  void run(const std::stop_token& stop, std::int64_t warm_up_ns);
  void take(std::size_t client, const char* bytes, std::size_t count, std::int64_t warm_up_ns);

  std::vector<int> sockets_;
  std::vector<std::string> partial_;
  std::vector<std::uint32_t> latencies_us_;
  std::atomic<std::uint64_t> events_{0};
  std::jthread thread_;
};

std::int64_t now_ns();

}  // namespace godwit::bench
