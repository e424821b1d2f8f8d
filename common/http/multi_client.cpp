#include "common/http/multi_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "common/http/transfer.h"

namespace godwit::http {
namespace {

using Steady = std::chrono::steady_clock;
using MultiPtr = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

Millis left_until(Steady::time_point deadline) {
  return std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - Steady::now()));
}

// The requests of one call, at work on one set of connections. Its end takes the handles out again.
class Sending {
 public:
  Sending(CURLM* multi, const std::vector<ClientRequest>& requests) : multi_(multi) {
    for (const ClientRequest& request : requests) begin(request);
  }
  ~Sending() {
    for (const Each& each : all_)
      if (each.added) curl_multi_remove_handle(multi_, each.curl.get());
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  void run(Steady::time_point deadline) {
    int running = 1;
    while (curl_multi_perform(multi_, &running) == CURLM_OK) {
      collect();
      const Millis left = left_until(deadline);
      if (running == 0 || left == Millis{0}) return;
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(left.count()), nullptr);
    }
  }

  std::vector<Result<ClientResponse>> take(const std::vector<ClientRequest>& requests) {
    std::vector<Result<ClientResponse>> out;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      Each& each = all_[i];
      if (!each.outcome)
        each.outcome = transient_error(fmt::format("{} did not answer in time", origin_of(requests[i].url)));
      out.push_back(std::move(*each.outcome));
    }
    return out;
  }

 private:
  struct Each {
    explicit Each(const ClientRequest& request) : transfer(curl.get(), request) {}
    CurlPtr curl = make_curl();
    Transfer transfer;
    bool added = false;
    std::optional<Result<ClientResponse>> outcome;
  };

  void begin(const ClientRequest& request) {
    Each& each = all_.emplace_back(request);
    if (auto prepared = each.transfer.prepare(); !prepared)
      each.outcome = prepared.error();
    else
      each.added = curl_multi_add_handle(multi_, each.curl.get()) == CURLM_OK;
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      for (Each& each : all_)
        if (each.curl.get() == message->easy_handle)
          each.outcome = each.transfer.finish(message->data.result);
    }
  }

  CURLM* multi_;
  std::deque<Each> all_;  // their addresses stay: libcurl points to them
};

}  // namespace

struct MultiClient::State {
  explicit State(const MultiClientOptions& o) : options(o) {}

  // nullptr when there was no turn before the deadline.
  MultiPtr take(Steady::time_point deadline) {
    std::unique_lock lock{mutex};
    if (!given_back.wait_until(lock, deadline, [this] { return sending < options.sends_max; }))
      return {nullptr, &curl_multi_cleanup};
    ++sending;
    if (idle.empty()) return {curl_multi_init(), &curl_multi_cleanup};
    MultiPtr multi = std::move(idle.back());
    idle.pop_back();
    return multi;
  }
  void give_back(MultiPtr multi) {
    {
      const std::lock_guard lock{mutex};
      --sending;
      if (idle.size() < options.idle_max) idle.push_back(std::move(multi));
    }
    given_back.notify_one();
  }

  const MultiClientOptions options;
  std::mutex mutex;
  std::condition_variable given_back;
  std::size_t sending = 0;     // by mutex
  std::vector<MultiPtr> idle;  // by mutex
};

MultiClient::MultiClient(const MultiClientOptions& options) : state_(std::make_unique<State>(options)) {
  (void)make_curl();  // libcurl is initialised before threads use it
}
MultiClient::~MultiClient() = default;

std::vector<Result<ClientResponse>> MultiClient::send(const std::vector<ClientRequest>& requests,
                                                      Millis timeout) {
  const auto deadline = Steady::now() + timeout;
  MultiPtr multi = state_->take(deadline);
  if (multi == nullptr)
    return std::vector<Result<ClientResponse>>(
        requests.size(), transient_error("too many questions to other instances are under way"));
  std::vector<Result<ClientResponse>> out;
  {
    Sending sending{multi.get(), requests};
    sending.run(deadline);
    out = sending.take(requests);
  }
  state_->give_back(std::move(multi));
  return out;
}

}  // namespace godwit::http
