#include "consumers/webhooks/workers.h"

#include "consumers/webhooks/sender.h"

namespace godwit::webhooks {

Workers::Workers(std::size_t threads, const Clock& clock, Done done) : clock_(clock), done_(std::move(done)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wanted_.notify_all();
  threads_.clear();  // joins
}

void Workers::submit(Job job) {
  {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
  }
  wanted_.notify_one();
}

void Workers::work() {
  http::Client client;
  while (true) {
    std::unique_lock lock{mutex_};
    wanted_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    JobDone done{.job = std::move(jobs_.front()), .answer = {}};
    jobs_.pop_front();
    lock.unlock();

    done.started_at = clock_.now();
    const auto begun = std::chrono::steady_clock::now();  // the wall clock may be set meanwhile
    http::ClientRequest request = make_request(*done.job.endpoint, done.job.claimed, done.started_at);
    request.progress = [this](std::uint64_t, std::uint64_t) { return !stopping_; };
    done.answer = make_answer(client.send(request));
    done.latency = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun);
    if (stopping_ && !done.answer.status) return;
    done_(std::move(done));
  }
}

}  // namespace godwit::webhooks
