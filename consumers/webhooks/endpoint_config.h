// EndpointConfig: keeps the endpoints of this instance as the topic godwit.config has them, and writes
// changes there. Kafka may be away: it keeps trying.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/stream/publisher.h"
#include "common/stream/source.h"
#include "consumers/webhooks/endpoint_book.h"
#include "consumers/webhooks/endpoint_registry.h"

namespace godwit::webhooks {

// The topic from its beginning on.
class ConfigReader {
 public:
  virtual ~ConfigReader() = default;
  virtual Result<stream::Batch> poll(const stream::PollLimits& limits) = 0;
  virtual bool at_end() const = 0;
};
using OpenConfig = std::function<Result<std::unique_ptr<ConfigReader>>()>;

// Who asked for a change.
struct Changer {
  std::string user;
  std::optional<std::string> ip_address = {}, user_agent = {};
};

struct EndpointConfigOptions {
  Millis read_wait{100};
  Millis reopen_wait{1'000};        // after the topic could not be opened or read
  Millis publish_timeout{5'000};    // of a change
  std::size_t records_max = 1'000;  // read per turn
};

// Safe from every thread, but for start() and stop(), which are for one.
class EndpointConfig {
 public:
  // What is given must outlive it. Without `open` what is published counts at once: for one instance alone,
  // and for tests.
  EndpointConfig(std::shared_ptr<EndpointBook> book, ConfigKey key, OpenConfig open,
                 stream::Publisher& publisher, const Clock& clock, EndpointConfigOptions options = {});
  ~EndpointConfig();

  void start();
  void stop();
  // Until the topic has been read to its end once; false when that took longer than `timeout`.
  bool wait_read(Millis timeout);

  // What a file says counts from now on: at once when the topic has been read, else then.
  void apply(std::vector<Configured> file);

  // Each publishes the change, and tells of it; it counts when this returns. `transient` when the log takes
  // nothing now; `invalid` says what is wrong. nullopt: there is no such endpoint.
  Status put(const EndpointSettings& settings, const Changer& changer);
  std::optional<Status> remove(const std::string& name, const Changer& changer);
  std::optional<Status> enable(const std::string& name, const Changer& changer);
  // At once here; the log is told as soon as it can be.
  void disable(const std::string& name, const std::string& why, const event::Event& told);

  std::optional<EndpointRecord> find(const std::string& name) const;
  std::map<std::string, EndpointRecord> records() const;

 private:
  void run(const std::stop_token& stop);
  void listen(const std::stop_token& stop, ConfigReader& reader);
  void take(const stream::Batch& batch);
  void has_read();
  void apply_file();
  void settle();
  Status publish(const EndpointChange& change, const Changer& changer);
  void tell(const event::Event& event);

  std::shared_ptr<EndpointBook> book_;
  const OpenConfig open_;
  stream::Publisher& publisher_;
  const Clock& clock_;
  const EndpointConfigOptions options_;

  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  EndpointRegistry registry_;                    // by mutex_, as is the rest
  std::optional<std::vector<Configured>> file_;  // still to be applied
  std::vector<std::pair<std::string, std::optional<std::string>>>
      unsaid_;  // disabled here, not yet published
  bool is_read_ = false;
  std::vector<std::string> trouble_;
  std::jthread thread_;
};

// io.godwit.audit.config_changed.v1. Pure but for its fresh id.
event::Event to_event(const EndpointChange& change, const Changer& changer, Timestamp now);

}  // namespace godwit::webhooks
