// Feeder: keeps the hub told. One thread reads the files of this instance as soon as they change and tells
// watchers what is due; another asks the other instances a few times a second. Both rest while nobody
// watches.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/progress/changes.h"
#include "consumers/progress/hub.h"

namespace godwit::progress {

struct FeederOptions {
  Millis batch{10};             // changes within it are read together
  Millis others_interval{200};  // between questions to other instances
  Millis idle_wait{1'000};      // own files are looked at so often even when nothing is heard of them
  Millis sweep_interval{5'000};
  std::size_t jobs_per_question = 50;
};

class Feeder {
 public:
  Feeder(Hub& hub, const service::ViewContext& context, Show show, const FeederOptions& options = {});
  ~Feeder() { stop(); }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  void start();
  void stop();
  // Something is to be done: a file has changed, or there is a new watcher. Quick.
  void wake();

  // GET /api/v1/progress/changes, from other instances alone.
  http::Response answer(const http::Request& request) const;

 private:
  void feed_own(const std::stop_token& stop);
  void feed_others(const std::stop_token& stop);
  bool ask_own();
  bool ask_others();
  std::vector<JobResult> read(const sqlite::Readers& files, const std::vector<Job>& jobs,
                              bool for_others) const;
  bool has_caught_up(const std::string& store) const;

  Hub& hub_;
  const service::ViewContext& context_;
  const Show show_;
  const FeederOptions options_;
  std::mutex mutex_;
  std::condition_variable_any called_;
  bool own_called_ = false, others_called_ = false;  // by mutex_
  std::jthread own_, others_;
};

}  // namespace godwit::progress
