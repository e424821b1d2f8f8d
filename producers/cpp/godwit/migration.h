// Godwit for C++: reports a VM migration as events. This is the whole public interface; it needs the standard
// library only.
//
//   auto [client, why] = godwit::Client::open({.brokers = "kafka:9092"});
//   auto migration = client->begin({.vm_name = "web-1", .provider = "vsphere"});
//   migration.start();
//   migration.stage("export");
//   migration.progress(1 << 20, 8 << 20);
//   migration.complete();
//   client->flush(10'000);
//
// No call waits for the broker but flush(). What a call has accepted is in the spool on disk and will be in
// Kafka, in order, however often the broker, the process or the machine dies in between: the next Client with
// the same spool sends it, with the same id. It may then be there twice; (source, id) tells.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit {

// What an accepted event survives at once.
enum class Durability {
  power_cut,      // each lifecycle event is synced to the disk before its call returns
  process_death,  // kill -9; a power cut one second later
};

struct ClientOptions {
  std::string brokers = "127.0.0.1:9092";
  std::string spool =
      {};  // a directory for this Kafka cluster alone, which processes may share;
           // empty: godwit/spool/<brokers> in $XDG_STATE_HOME, else ~/.local/state, else /var/lib
  Durability durability = Durability::power_cut;
  std::uint64_t spool_bytes_max = 256 << 20;  // on disk; beyond it lifecycle events are refused
  std::string host = {};                      // empty: this machine's name
  std::string worker_id = {};                 // empty: a new UUID
  std::vector<std::pair<std::string, std::string>> kafka = {};  // any librdkafka property
  // What the library has to say, from any thread; empty: on standard error.
  std::function<void(std::string_view line)> log = {};
};

// Whether an event was accepted, and if not, why.
class Outcome {
 public:
  Outcome() = default;
  explicit Outcome(std::string why) : why_(std::move(why)), ok_(false) {}
  explicit operator bool() const { return ok_; }
  const std::string& why() const { return why_; }

 private:
  std::string why_;
  bool ok_ = true;
};

struct Stage {
  std::string name;
  std::optional<double> weight = {};  // its share of the whole; equal shares without
};

// Who is migrated. Events of one task share a partition, so that they keep their order.
struct Task {
  std::string task_id = {};  // empty: a new UUID
  std::string vm_name = {};  // required, as the next
  std::string provider = {};
  std::int64_t attempt = 1;
  std::string user = {};
  std::string plan_id = {};
};

// One attempt of one task. Used by one thread; its Client outlives it. Calls in the order of the example
// above; after complete(), fail() or cancel() every call is refused.
class Migration {
 public:
  Migration(Migration&&) noexcept;
  Migration& operator=(Migration&&) noexcept;
  ~Migration();

  Outcome start(const std::vector<Stage>& stages = {}, std::optional<std::int64_t> bytes_total = {});
  // The next stage begins; one that runs is completed.
  Outcome stage(std::string_view name, std::optional<std::int64_t> bytes_total = {});
  // Of the running stage. Best effort and at most five a second: false when not sent.
  bool progress(std::int64_t bytes_done, std::optional<std::int64_t> bytes_total = {});
  bool progress_percent(double percentage);
  bool alive();
  Outcome warn(std::string_view message);
  // Each ends the running stage, and the migration.
  Outcome complete();
  Outcome fail(std::string_view code, std::string_view message, bool retryable = false);
  Outcome cancel(std::string_view reason);

  const std::string& task_id() const;

 private:
  friend class Client;
  struct State;
  explicit Migration(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Figures {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t acknowledged = 0;   // by the broker, those of earlier processes included
  std::uint64_t ticks_dropped = 0;  // progress and signs of life
  std::uint64_t owed = 0;           // accepted and not acknowledged yet
};

// A producer and its spool. Safe from every thread.
class Client {
 public:
  struct Opened {
    std::unique_ptr<Client> client;  // null when it could not be opened
    std::string why;
  };
  static Opened open(const ClientOptions& options);
  // Waits for nothing: what is owed stays in the spool.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A task that no event may carry (no vm_name, a task_id with blanks) is told by every call of the
  // Migration.
  Migration begin(const Task& task);
  // Waits until nothing is owed; when that takes longer, says what is left.
  Outcome flush(int timeout_ms);
  Figures figures() const;

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace godwit
