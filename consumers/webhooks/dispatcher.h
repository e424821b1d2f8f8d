// Dispatcher: does what the fold says is owed. One thread decides and writes, one more sends; nobody sleeps
// on behalf of a delivery, since the time of each next try lies in its row, and only what may be sent now is
// in memory. At least once: a delivery counts as made only after its success is written down, and what a
// crash leaves unclear is sent again under the same id.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/http/event_client.h"
#include "common/service/view.h"
#include "consumers/webhooks/endpoint_book.h"
#include "consumers/webhooks/fair_turns.h"
#include "consumers/webhooks/gate.h"
#include "consumers/webhooks/inbox.h"
#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/sender.h"

namespace godwit::webhooks {

struct DispatcherOptions {
  std::size_t in_flight_max = 256;    // requests at once; each endpoint has a bound of its own below it
  std::size_t publishing_max = 1000;  // outcomes on their way to the log, per partition
  std::size_t tests_max = 16;         // requests beyond these that somebody waits for
  Millis test_slack{1'000};           // a test is waited for so much longer than it may take
  BreakerOptions breaker = {};
  SendLimits send = {};
  std::function<double()> chance = {};  // in [0, 1), spreads waits; empty: random
  Millis look_again{1'000};             // for partitions that came or went, at the latest
  Millis look_again_behind{100};        // the same while a partition has not caught up
  Millis retry_store{1'000};            // before a store or a log that failed is tried again
  Millis flights_end{3'000};            // stopping waits this long for answers
  Millis publish_end{3'000};            // and this long for outcomes to reach the log
};

// Upper bounds of the histogram of latencies, in seconds.
inline constexpr std::array<double, 9> latency_seconds_bounds{0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60};

// An endpoint as the dispatcher sees it.
struct EndpointHealth {
  Breaker::State breaker = Breaker::State::closed;
  std::size_t in_flight = 0;
  Timestamp not_before{};  // as it asked
  // Tries since the start.
  std::uint64_t succeeded = 0, failed = 0, exhausted = 0;
  std::array<std::uint64_t, latency_seconds_bounds.size() + 1> latency_buckets{};
  double latency_seconds_sum = 0;
  std::uint64_t tries() const { return succeeded + failed + exhausted; }
};

// What came of a test.
struct Tested {
  Answer answer;
  Millis latency{0};
};

// start() and stop() are for one thread, the rest for all. What it refers to must outlive it.
class Dispatcher {
 public:
  // An endpoint that is gone, or refuses everything: it should get nothing more. Called on the deciding
  // thread; must not block.
  using Disable = std::function<void(const Endpoint& endpoint, const Attempt& last)>;

  Dispatcher(service::ViewContext context, std::shared_ptr<const EndpointBook> endpoints, Disable disable,
             DispatcherOptions options = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void start();
  // Claims nothing more, lets answers come in, writes them down, tells the log, ends.
  void stop();
  // There may be something new to do. Never blocks.
  void wake() { inbox_->wake(); }
  // The same, when somebody else has made something due.
  void look_again() { inbox_->look_again(); }
  // Sends this body once, now, whatever the endpoint's state, and waits for the answer. For trying it out:
  // nothing of it is kept. `transient` when the dispatcher does not run.
  Result<Tested> test(const Endpoint& endpoint, const Claimed& message);
  // By endpoint that something was sent to since the start.
  std::map<std::string, EndpointHealth> health() const;

 private:
  // One open partition.
  struct Box {
    std::unique_ptr<Outbox> outbox;
    bool caught_up = false;  // only then is it known what is still owed
    std::vector<Attempt> finished;
    std::vector<AttemptKey> published;
    std::set<AttemptKey> publishing;
    bool may_publish = true;
    std::map<std::string, Timestamp> due;  // of each endpoint that is owed something: the earliest
    std::optional<Timestamp> retry_at;
  };
  using Rooms = std::map<std::string, std::vector<Room>>;  // by partition

  void run(const std::stop_token& stop);
  void turn();
  void drain();
  void take_mail();
  void take_answer(const JobDone& done);
  void judge(const Job& job, const Attempt& attempt, const Answer& answer, Timestamp now);
  void refresh();
  void follow_endpoints();
  void configure_gates(const projection::RunnerSnapshot& folded);
  void open_new(const std::vector<std::string>& names);
  void close_gone(const std::vector<std::string>& names);
  bool write(const std::string& name, Box& box, std::vector<Room> rooms);
  void publish(const std::string& name, Box& box);
  bool publish_one(const std::string& name, const Attempt& attempt);
  void postpone(const std::string& name, Box& box, const std::string& why);
  void recover(const std::string& name, Box& box);
  void look_up_due(Box& box, const std::string& endpoint);
  Rooms plan();
  void submit(const std::string& name, std::vector<Claimed> claimed);
  void tell_health();
  void count(const Attempt& attempt);
  void look_up(const std::string& name, Box& box, const std::set<std::string>& endpoints);
  void look_up_all();
  double chance();
  Millis wait_time();

  service::ViewContext context_;
  std::shared_ptr<const EndpointBook> book_;
  Disable disable_;
  DispatcherOptions options_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();  // also held by acknowledgements still to come
  std::shared_ptr<http::EventClient> client_;  // by mutex_, for others than the deciding thread
  mutable std::mutex mutex_;
  std::map<std::string, EndpointHealth> health_;  // by mutex_

  // The rest belongs to the deciding thread.
  std::shared_ptr<const Endpoints> endpoints_;
  std::map<std::string, const Endpoint*> by_name_;  // in endpoints_
  bool claiming_ = true;
  bool again_ = false;
  double share_ = 1;  // of all partitions: ours
  std::size_t flying_ = 0;
  std::map<std::string, Box> boxes_;
  std::map<std::string, std::set<std::int64_t>> in_flight_;  // by partition
  std::map<std::string, Gate> gates_;                        // by endpoint
  std::map<std::string, std::int64_t> refusals_;             // in a row, by endpoint
  FairTurns turns_;
  std::size_t first_box_ = 0;
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;
};

}  // namespace godwit::webhooks
