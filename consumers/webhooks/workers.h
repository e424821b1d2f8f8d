// Workers: the threads that wait for endpoints, so that nobody else has to. Each keeps an HTTP client of its
// own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "consumers/webhooks/endpoint.h"
#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/retry.h"

namespace godwit::webhooks {

// One try to be made, of a delivery of the partition file `store`.
struct Job {
  std::string store;
  std::shared_ptr<const Endpoints> endpoints;  // keeps `endpoint` alive
  const Endpoint* endpoint = nullptr;
  Claimed claimed;
};

struct JobDone {
  Job job;
  Answer answer;
  Timestamp started_at{};
  Millis latency{0};
};

// submit() and the destructor are for one thread; `done` is called on a worker's thread and must not block.
class Workers {
 public:
  using Done = std::function<void(JobDone)>;

  Workers(std::size_t threads, const Clock& clock, Done done);
  // Gives up what is under way and joins. `done` is not called for those: nobody knows whether they arrived.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Jobs wait for a free thread in the order they came; the caller bounds how many.
  void submit(Job job);

 private:
  void work();

  const Clock& clock_;
  Done done_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<Job> jobs_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace godwit::webhooks
