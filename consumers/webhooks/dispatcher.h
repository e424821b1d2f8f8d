// Dispatcher: does what the fold says is owed. One thread decides and writes; workers wait for endpoints;
// nobody sleeps on behalf of a delivery, since the time of each next try lies in its row. At least once: a
// delivery counts as made only after its success is written down, and what a crash leaves unclear is sent
// again under the same id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/service/view.h"
#include "consumers/webhooks/endpoint.h"
#include "consumers/webhooks/inbox.h"
#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/workers.h"

namespace godwit::webhooks {

struct DispatcherOptions {
  std::size_t in_flight_max = 4;      // per endpoint, so that a dead one holds up none but itself
  std::size_t workers_max = 64;       // threads, four for each endpoint up to this
  std::size_t publishing_max = 1000;  // outcomes on their way to the log, per partition
  Millis look_again{1'000};           // for partitions that came or went, at the latest
  Millis look_again_behind{100};      // the same while a partition has not caught up
  Millis retry_store{1'000};          // before a store or a log that failed is tried again
  Millis flights_end{3'000};          // stopping waits this long for answers
  Millis publish_end{3'000};          // and this long for outcomes to reach the log
};

// start() and stop() are for one thread, wake() for all. What it refers to must outlive it.
class Dispatcher {
 public:
  Dispatcher(service::ViewContext context, std::shared_ptr<const Endpoints> endpoints,
             DispatcherOptions options = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void start();
  // Claims nothing more, lets answers come in, writes them down, tells the log, ends.
  void stop();
  // There may be something new to do. Never blocks.
  void wake() { inbox_->wake(); }

 private:
  // One open partition.
  struct Box {
    std::unique_ptr<Outbox> outbox;
    bool caught_up = false;  // only then is it known what is still owed
    std::vector<Attempt> finished;
    std::vector<AttemptKey> published;
    std::set<AttemptKey> publishing;
    bool may_publish = true;
    std::optional<Timestamp> retry_at;
  };

  void run(const std::stop_token& stop);
  void turn();
  void drain();
  void take_mail();
  void take_answer(JobDone done);
  void refresh();
  void open_new(const std::vector<std::string>& names);
  void close_gone(const std::vector<std::string>& names);
  bool write(const std::string& name, Box& box);
  void publish(const std::string& name, Box& box);
  bool publish_one(const std::string& name, const Attempt& attempt);
  void postpone(const std::string& name, Box& box, const std::string& why);
  void recover(const std::string& name, Box& box);
  std::vector<Room> rooms(Box& box);
  bool has_room(const Endpoint& endpoint) const;
  void submit(const std::string& name, std::vector<Claimed> claimed);
  Millis wait_time();

  service::ViewContext context_;
  std::shared_ptr<const Endpoints> endpoints_;
  DispatcherOptions options_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();  // also held by acknowledgements still to come
  std::unique_ptr<Workers> workers_;

  // The rest belongs to the deciding thread.
  bool claiming_ = true;
  bool again_ = false;
  std::map<std::string, Box> boxes_;
  std::map<std::string, std::set<std::int64_t>> in_flight_;  // by partition
  std::map<std::string, std::size_t> in_flight_to_;          // by endpoint
  std::map<std::string, Timestamp> not_before_;              // by endpoint, as it asked
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;
};

}  // namespace godwit::webhooks
