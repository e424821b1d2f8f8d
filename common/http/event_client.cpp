#include "common/http/event_client.h"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "common/http/mail_transfer.h"
#include "common/http/transfer.h"

namespace godwit::http {
namespace {

using Steady = std::chrono::steady_clock;
using MultiPtr = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

struct Order {
  std::variant<ClientRequest, Mail> what;
  EventClient::Sent sent;
};

// One request under way. It stays where it is: libcurl points to it.
struct Flight {
  Flight(CurlPtr handle, Order given)
      : curl(std::move(handle)), order(std::move(given)), begun(Steady::now()) {}

  Status prepare() {
    if (const auto* request = std::get_if<ClientRequest>(&order.what))
      return transfer.emplace(curl.get(), *request).prepare();
    return mail.emplace(curl.get(), std::get<Mail>(order.what)).prepare();
  }
  Result<ClientResponse> finish(CURLcode code) {
    return transfer ? transfer->finish(code) : mail->finish(code);
  }
  void tell(Result<ClientResponse> result) {
    order.sent(std::move(result),
               std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun));
  }

  CurlPtr curl;
  Order order;
  Steady::time_point begun;
  std::optional<Transfer> transfer;
  std::optional<MailTransfer> mail;
};

}  // namespace

struct EventClient::State {
  explicit State(const EventClientOptions& given)
      : options(given), first(make_curl()), multi(curl_multi_init(), &curl_multi_cleanup) {
    GODWIT_CHECK(multi != nullptr, "libcurl gave no multi handle");
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options.connections_max));
    idle.push_back(std::move(first));
    thread = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  }
  ~State() {
    thread.request_stop();
    curl_multi_wakeup(multi.get());
    thread.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void add(Order order) {
    {
      const std::lock_guard lock{mutex};
      waiting.push_back(std::move(order));
    }
    curl_multi_wakeup(multi.get());
  }

  void run(const std::stop_token& stop) {
    constexpr int look_again_ms = 1000;
    while (!stop.stop_requested()) {
      begin_new();
      int running = 0;
      curl_multi_perform(multi.get(), &running);
      if (collect()) continue;  // there is room for those that wait
      curl_multi_poll(multi.get(), nullptr, 0, look_again_ms, nullptr);
    }
    for (const auto& [curl, flight] : flights) curl_multi_remove_handle(multi.get(), curl);
    flights.clear();
  }

  void begin_new() {
    while (flights.size() < options.in_flight_max) {
      std::optional<Order> order;
      {
        const std::lock_guard lock{mutex};
        if (waiting.empty()) return;
        order.emplace(std::move(waiting.front()));
        waiting.pop_front();
      }
      begin(std::move(*order));
    }
  }

  void begin(Order order) {
    CurlPtr curl{nullptr, &curl_easy_cleanup};
    if (idle.empty()) {
      curl = make_curl();
    } else {
      curl = std::move(idle.back());
      idle.pop_back();
    }
    CURL* handle = curl.get();
    auto flight = std::make_unique<Flight>(std::move(curl), std::move(order));
    if (auto prepared = flight->prepare(); !prepared) {
      flight->tell(prepared.error());
    } else if (curl_multi_add_handle(multi.get(), handle) != CURLM_OK) {
      flight->tell(transient_error("libcurl takes no more requests"));
    } else {
      flights.emplace(handle, std::move(flight));
    }
  }

  bool collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // gone once the handle is removed
      const auto found = flights.find(message->easy_handle);
      if (found == flights.end()) continue;
      const std::unique_ptr<Flight> flight = std::move(found->second);
      flights.erase(found);
      auto result = flight->finish(code);
      curl_multi_remove_handle(multi.get(), flight->curl.get());
      flight->tell(std::move(result));
      idle.push_back(std::move(flight->curl));  // no more than were ever in flight at once
      any = true;
    }
    return any;
  }

  const EventClientOptions options;
  CurlPtr first;  // made before `multi`: it initialises libcurl
  MultiPtr multi;
  std::map<CURL*, std::unique_ptr<Flight>> flights;  // of the thread, as is `idle`
  std::vector<CurlPtr> idle;
  std::mutex mutex;
  std::deque<Order> waiting;  // by mutex
  std::jthread thread;
};

EventClient::EventClient(const EventClientOptions& options) : state_(std::make_unique<State>(options)) {}
EventClient::~EventClient() = default;

void EventClient::send(ClientRequest request, Sent sent) {
  state_->add({std::move(request), std::move(sent)});
}
void EventClient::send(Mail mail, Sent sent) { state_->add({std::move(mail), std::move(sent)}); }

}  // namespace godwit::http
