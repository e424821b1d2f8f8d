// Inbox: what other threads tell the dispatcher. Any of them may tell, none of them waits.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/retry.h"

namespace godwit::webhooks {

// One try, of a delivery of the partition file `store`, and what came of it.
struct Job {
  std::string store;
  std::shared_ptr<const Endpoints> endpoints;  // keeps `endpoint` alive
  const Endpoint* endpoint = nullptr;
  Claimed claimed;
  Timestamp started_at{};
  std::string request_head = {};
};

struct JobDone {
  Job job;
  Answer answer;
  Millis latency{0};
};

// The log has, or has not, taken the event of an attempt.
struct Acknowledged {
  std::string store;
  AttemptKey key;
  bool written = false;
};

struct Mail {
  std::vector<JobDone> done;
  std::vector<Acknowledged> acknowledged;
  bool look_again = false;  // somebody else has written to a partition
};

class Inbox {
 public:
  void wake() {
    tell([](Mail&) {});
  }
  void look_again() {
    tell([](Mail& mail) { mail.look_again = true; });
  }
  void add(JobDone done) {
    tell([&](Mail& mail) { mail.done.push_back(std::move(done)); });
  }
  void add(Acknowledged acknowledged) {
    tell([&](Mail& mail) { mail.acknowledged.push_back(std::move(acknowledged)); });
  }

  // Returns when somebody has told something since the last take(), or after `timeout`.
  void wait(Millis timeout) {
    std::unique_lock lock{mutex_};
    told_.wait_for(lock, timeout, [this] { return news_; });
  }
  Mail take() {
    const std::lock_guard lock{mutex_};
    news_ = false;
    return std::exchange(mail_, {});
  }

 private:
  template <class Change>
  void tell(Change change) {
    {
      const std::lock_guard lock{mutex_};
      change(mail_);
      news_ = true;
    }
    told_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable told_;
  bool news_ = false;
  Mail mail_;
};

}  // namespace godwit::webhooks
